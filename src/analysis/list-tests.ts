import type { TestedClaim } from "../results/evidence-parts";
import { NULL_HYPOTHESES } from "./null-hypotheses";

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
  return tests.map(({ claim, estimate, null_hypothesis, p_value, holm, ...test }) => ({
    claim,
    estimate,
    null_hypothesis: NULL_HYPOTHESES[null_hypothesis] ?? null_hypothesis,
    p: p_value,
    holm,
    benjamini_hochberg: test.benjamini_hochberg,
    note: test.reason ?? "",
  }));
}
