import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { patchingFindings } from "../../src/experiments/activation-patching/findings";
import type { ActivationPatchingResult } from "../../src/experiments/activation-patching/result";
import { standing } from "../../src/experiments/finding";
import { linearWeightsFindings } from "../../src/experiments/linear-weights/findings";
import { sweepFindings } from "../../src/experiments/neuron-sweep/findings";
import { cellText } from "../../src/text/cell";
import { controls, evidence, interval, testedClaim } from "./example-evidence";
import { exampleLinearWeights, examplePatching, exampleSweep } from "./example-results";

const ranked = (rank: number, of: number) => ({
  ...{ rank, of, percentile: 0, p_value: rank / of, reason: null },
});

/** A patching result whose tests have these p-values and whose controls rank it so. */
function patched({
  p = {},
  neurons = ranked(1, 21),
  labels = ranked(1, 21),
  typical = evidence.typical_slope,
}: {
  p?: Partial<Record<"slope" | "own" | "correlation" | "intercept", number | null>>;
  neurons?: ReturnType<typeof ranked>;
  labels?: ReturnType<typeof ranked>;
  typical?: ActivationPatchingResult["evidence"]["typical_slope"];
}): string[] {
  const test = (claim: string, null_hypothesis: string, holm: number | null | undefined) => ({
    ...{ ...testedClaim, claim, null_hypothesis, holm: holm ?? null },
    reason: holm === null ? "nothing to exchange" : null,
  });
  const result = examplePatching({
    evidence: {
      ...evidence,
      typical_slope: typical,
      tests: [
        test("slope", "signs_by_prompt", p.slope),
        test("mean of the prompts' own slopes", "mean_zero", p.own),
        test("baseline correlation", "prompts_exchangeable", p.correlation),
        test("intercept", "signs_by_prompt", p.intercept),
        test("intercept", "clustered_t", p.intercept),
      ],
    },
    controls: {
      neurons: { ...controls.neurons, slope_rank: neurons },
      shuffled_labels: { ...controls.shuffled_labels, slope_rank: labels },
    },
  });
  return patchingFindings(result).map(({ found }) => cellText(found));
}

const SURE = { slope: 0.0006, own: 0.0006, correlation: 0.0006, intercept: 0.9 };

describe("findings", () => {
  it("a slope whose controls stand behind it is found, and says beside what", () => {
    const [r, slope, share, intercept] = patched({ p: SURE });
    assert.equal(r, "unpatched, activation and prediction correlate: 0.5");
    assert.equal(
      slope,
      "the prediction follows the patched neuron with slope 0.5, R² 0.5, more than other neurons of the layer do (rank 1 of 21) and heads on shuffled labels do (rank 1 of 21)",
    );
    assert.equal(share, "share of the direct path: 0.5");
    assert.match(intercept!, /^no curve found/);
  });

  it("a failed control is never reported as found, however small p is", () => {
    for (const rank of [2, 8, 21]) {
      const [, slope] = patched({ p: SURE, neurons: ranked(rank, 21) });
      assert.doesNotMatch(slope!, /follows/);
      assert.match(slope!, new RegExp(`other neurons move it as much \\(rank ${rank} of 21\\)`));
    }
    const [, labels] = patched({ p: SURE, labels: ranked(3, 4) });
    assert.doesNotMatch(labels!, /follows/);
    assert.match(labels!, /heads which learnt shuffled labels \(rank 3 of 4\)/);
  });

  it("what no test bears out is not found", () => {
    const [r, slope, share] = patched({ p: { ...SURE, slope: 0.051, correlation: 0.9 } });
    assert.match(r!, /^no correlation found/);
    assert.match(slope!, /^no effect found/);
    assert.match(share!, /^no share of the direct path/);
    const [, , , curve] = patched({ p: { ...SURE, intercept: 0.01 } });
    assert.match(curve!, /a curve$/);
  });

  it("what was not tested says so", () => {
    const [, slope] = patched({ p: { ...SURE, slope: null } });
    assert.match(slope!, /; not tested$/);
  });

  it("first of a few controls is not sure", () => {
    const [, slope] = patched({ p: SURE, labels: ranked(1, 4) });
    assert.match(slope!, /heads on shuffled labels do \(rank 1 of 4, too few to be sure\)$/);
    assert.equal(standing(ranked(1, 4)), "too few");
    assert.equal(standing(ranked(1, 20)), "stands out");
    assert.equal(standing({ rank: null, p_value: null }), "not ranked");
  });

  it("where prompts disagree, the mean of their own slopes is said, and its own test decides", () => {
    const typical = {
      ...evidence.typical_slope,
      ...{ of: "prompt_slopes" as const, prompts_agree: false, note: "the prompts disagree" },
      slope: { ...interval, estimate: 0.064, low: 0.05, high: 0.08 },
    };
    const [, slope] = patched({ p: { ...SURE, slope: 1 }, typical });
    assert.match(slope!, /^the prediction follows .* slope 0\.064 \(mean of the prompts' own/);
    const [, none] = patched({ p: { ...SURE, own: 0.2 }, typical });
    assert.match(none!, /^no effect found/);
    const reversed = { ...typical, slope: { ...typical.slope, estimate: -0.064 } };
    assert.match(patched({ p: SURE, typical: reversed })[1]!, /goes against the patched neuron/);
  });

  it("a sweep: nothing special is not found", () => {
    const target = exampleSweep().target!;
    const said = (rank: number, of: number) =>
      cellText(
        sweepFindings(exampleSweep({ target: { ...target, ...ranked(rank, of) } }))[0]!.found,
      );
    assert.match(said(1, 128), /^no other neuron .* as much as the target \(rank 1 of 128\)$/);
    assert.match(said(2, 128), /^one other neuron changes the prediction more/);
    assert.match(said(6, 128), /^5 other neurons change .* \(rank 6 of 128\)$/);
    assert.match(said(40, 128), /\(rank 40 of 128\): nothing special to it$/);
    assert.deepEqual(sweepFindings(exampleSweep({ target: null })), []);
  });

  it("cosines: those of the target first, one that a null gives is not found, a hidden neuron that is not the target is called so", () => {
    const example = exampleLinearWeights();
    const [test] = example.similarity_tests;
    const claim = (comparison: string, holm: number) => ({
      ...example.tests[0]!,
      ...{ claim: `cosine of linear_weights with ${comparison}, processed weights`, holm },
    });
    const found = linearWeightsFindings(
      exampleLinearWeights({
        similarity_tests: [
          test!,
          { ...test!, comparison: "read_direction", cosine: 0.1 },
          { ...test!, comparison: "basis_vector", cosine: -0.5 },
        ],
        tests: [
          claim("input", 0.01),
          { ...claim("input", 0.2), null_hypothesis: "other_neurons" },
          ...[claim("read_direction", 0.3), claim("basis_vector", 0.01)],
        ],
      }),
    ).map((one) => cellText(one.found));
    assert.deepEqual(found, [
      "cosine with basis vector e_n: −0.5, which stands out from every null",
      "nothing found: cosine with read direction W_in @ W_out[:, n]: 0.1, which chance gives as well",
      "not surely found: cosine with MLP input weights W_in[:, n]: 0.25, which stands out from 1 of 2 nulls (of hidden neuron 7, which is not the target)",
    ]);
  });
});
