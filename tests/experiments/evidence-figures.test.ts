import assert from "node:assert/strict";
import { test } from "node:test";
import { FigureError } from "../../src/errors";
import { activationPatchingFigures } from "../../src/experiments/activation-patching/figures";
import { directAndTotalFigure } from "../../src/experiments/activation-patching/figures/direct-and-total";
import { slopeEvidenceFigure } from "../../src/experiments/activation-patching/figures/slope-evidence";
import { linearWeightsFigures } from "../../src/experiments/linear-weights/figures";
import { similarityNullsFigure } from "../../src/experiments/linear-weights/figures/similarity-nulls";
import { weightContributionsFigure } from "../../src/experiments/linear-weights/figures/weight-contributions";
import type { Figure } from "../../src/figures/figure";
import { exampleLinearWeights, examplePatching } from "./example-results";

const weights = exampleLinearWeights({ mlp_input_weights: [1, 0], mlp_output_weights: [0, 1] });
const patching = examplePatching();
const runs = {
  prompts: ["first", "second"],
  baseline: { activations: [1, 2], predictions: [3, 4] },
  factors: [0, 2],
  activations: [
    [0, 0],
    [2, 4],
  ],
  predictions: [
    [2.5, 3],
    [3.5, 5],
  ],
};

/** All numbers of the traces with this name, as [x, y]. */
function points({ data }: Figure, name: string): [number, number][] {
  return data
    .filter((trace) => trace.name === name)
    .flatMap(({ x, y }) =>
      (x as number[]).map((at, i): [number, number] => [at, (y as number[])[i]]),
    );
}

function texts({ layout }: Figure): string {
  return JSON.stringify(layout);
}

test("results draw all of them, in both sizes, as plain JSON with words", () => {
  for (const size of ["notebook", "column"] as const) {
    const figures = {
      ...linearWeightsFigures(weights, { size }),
      ...activationPatchingFigures(patching, { size }),
    };
    for (const name of [
      "similarity_nulls",
      "weight_contributions",
      "slope_evidence",
      "direct_and_total",
    ] as const) {
      const { layout, data } = figures[name];
      assert.ok(data.length > 0, name);
      assert.equal(layout.width, size === "column" ? 420 : 820);
      assert.match((layout.meta as { description: string }).description, /\w{3,}.*[.?]/);
      assert.doesNotMatch(JSON.stringify(figures[name]), /NaN|undefined/);
    }
  }
});

test("similarity_nulls: the range, the extremes and the measured cosine of each null", () => {
  const figure = similarityNullsFigure(weights.similarity_tests);
  const shuffled = points(figure, "shuffled coordinates").map(([x]) => x);
  assert.deepEqual(shuffled, [-0.4, 0.4, -0.2, 0.2, 0.25]);
  assert.match(texts(figure), /p = 0\.01/);
  assert.match(texts(figure), /rank 1 of 2/);
  assert.match(texts(figure), /cosine 0\.25/);
});

test("a null without draws is a row without a range, a similarity that does not exist has no diamond", () => {
  const [test0] = weights.similarity_tests;
  const none = {
    mean: null,
    std: null,
    p5: null,
    p95: null,
    min: null,
    max: null,
    n: 0,
    p_value: null,
  };
  const figure = similarityNullsFigure([
    { ...test0, cosine: null, layer_covariance: { ...none, reason: "a reason" } },
  ]);
  assert.deepEqual(points(figure, "the layer's covariance"), []);
  assert.match(texts(figure), /no test/);
});

test("nothing to compare is said, not drawn empty", () => {
  for (const figure of [similarityNullsFigure([]), weightContributionsFigure([])]) {
    assert.match(texts(figure), /nothing to compare/);
  }
});

test("weight_contributions: the coordinates as names, their contributions as bars", () => {
  const figure = weightContributionsFigure(weights.decompositions);
  assert.deepEqual(points(figure, "W_in[:, n]"), [["0", 0.25]]);
  assert.match(texts(figure), /cosine 0\.25, rest 0/);
});

test("slope_evidence: estimates with their intervals, controls as dots", () => {
  const figure = slopeEvidenceFigure(patching);
  assert.deepEqual(
    points(figure, "without factor 1").map(([x]) => x),
    [0.4, 0.6, 0.5],
  );
  assert.deepEqual(
    points(figure, "other neurons of the layer").map(([x]) => x),
    [0.1],
  );
  assert.match(texts(figure), /0\.5 \[0\.4, 0\.6\]/);
  assert.match(texts(figure), /this slope is rank 1 of 2/);
});

test("slope_evidence: what does not exist leaves its row empty and says none", () => {
  const nothing = {
    ...patching.evidence.changed_points.slope,
    estimate: null,
    low: null,
    high: null,
  };
  const { evidence } = patching;
  const figure = slopeEvidenceFigure({
    ...patching,
    evidence: { ...evidence, changed_points: { ...evidence.changed_points, slope: nothing } },
  });
  assert.deepEqual(points(figure, "without factor 1"), []);
  assert.match(texts(figure), /none/);
});

test("a number that is not finite is refused by its row's name", () => {
  const slope = { ...patching.evidence.changed_points.slope, low: Number.NaN };
  const { evidence } = patching;
  const broken = { ...evidence, changed_points: { ...evidence.changed_points, slope } };
  assert.throws(
    () => slopeEvidenceFigure({ ...patching, evidence: broken }),
    (error: Error) => error instanceof FigureError && /without factor 1/.test(error.message),
  );
});

test("direct_and_total: a point for each prompt and factor, and the diagonal", () => {
  const figure = directAndTotalFigure(runs, patching.direct_effect);
  assert.deepEqual(points(figure, "×2"), [
    [0.5, 0.5],
    [1, 1],
  ]);
  const [low, high] = points(figure, "all of it direct");
  assert.equal(low[0], low[1]);
  assert.equal(high[0], high[1]);
});

test("direct_and_total: no direct path, and why", () => {
  const effect = {
    ...patching.direct_effect,
    reason: "it is written nowhere",
    direct: [],
    total: [],
  };
  const figure = directAndTotalFigure(runs, effect);
  assert.match(texts(figure), /There is no direct path: it is written nowhere/);
  assert.equal(figure.data.length, 1);
});
