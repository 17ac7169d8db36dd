import type { TestedClaim } from "../results/evidence-parts";
import { count } from "../text/count";
import { headed } from "../text/headed";
import { NULL_HYPOTHESES } from "./null-hypotheses";

/** An adjusted p-value up to this rejects a null hypothesis. */
export const LEVEL = 0.05;

/** A test in a table. */
export interface TestRow {
  readonly claim: string;
  readonly estimate: number | null;
  /** What it would come from if there was nothing, in words. */
  readonly null_hypothesis: string;
  readonly p: number | null;
  /** Adjusted over the tests that are read together. */
  readonly holm: number | null;
  readonly benjamini_hochberg: number | null;
  /** Why there is no test. */
  readonly note: string;
}

/** A result's tests for a table, those that are adjusted for one another together. */
export function listTests(tests: readonly TestedClaim[]): TestRow[] {
  const rows = tests.map(({ claim, estimate, null_hypothesis, p_value, holm, ...test }) => ({
    claim: inWords(claim),
    estimate,
    null_hypothesis: NULL_HYPOTHESES[null_hypothesis] ?? null_hypothesis,
    p: p_value,
    holm,
    benjamini_hochberg: test.benjamini_hochberg,
    note: test.reason ?? "",
  }));
  const p = (heading: string) => ({ heading, isProbability: true });
  return headed(rows, {
    null_hypothesis: "if there was nothing in it: from",
    p: p("p"),
    holm: p("p by Holm"),
    benjamini_hochberg: p("p by Benjamini and Hochberg"),
  });
}

/**
 * What the tests come to, in a sentence: which claims each of their null hypotheses is rejected for.
 *
 * @example
 * showTable(listTests(result.tests), { folded: testsInWords(result.tests) });
 */
export function testsInWords(tests: readonly TestedClaim[]): string {
  const tested = tests.filter(({ holm }) => holm !== null);
  const claims = [...new Set(tested.map(({ claim }) => claim))];
  if (claims.length === 0) return "Nothing was tested.";
  const found = claims.filter((claim) =>
    tested.every((one) => one.claim !== claim || one.holm! <= LEVEL),
  );
  const of = `of ${count(claims.length, "number")} that ${claims.length === 1 ? "was" : "were"} tested`;
  const against = `more than every null hypothesis gives, at ${LEVEL} (Holm)`;
  return found.length === 0
    ? `None ${of} is ${against}.`
    : `${found.length} ${of} ${found.length === 1 ? "is" : "are"} ${against}: ${found.map(inWords).join("; ")}.`;
}

function inWords(claim: string): string {
  return claim.replaceAll("_", " ");
}
