import assert from "node:assert/strict";
import { test } from "node:test";
import { plainFigure } from "../../src/display/plain-figure";
import { FigureError } from "../../src/errors";
import { perInputSensitivityFigure } from "../../src/experiments/activation-patching/figures/per-input-sensitivity";
import { predVsActChangeAllFigure } from "../../src/experiments/activation-patching/figures/pred-vs-act-change-all";
import { predVsActRegressionFigure } from "../../src/experiments/activation-patching/figures/pred-vs-act-regression";
import { scalingExperimentFigure } from "../../src/experiments/activation-patching/figures/scaling-experiment";
import type { ScalingRuns } from "../../src/experiments/activation-patching/figures/scaling-runs";
import { weightDistributionsFigure } from "../../src/experiments/linear-weights/figures/weight-distributions";
import { weightSimilarityComparisonFigure } from "../../src/experiments/linear-weights/figures/weight-similarity-comparison";
import { weightVectorsPcaFigure } from "../../src/experiments/linear-weights/figures/weight-vectors-pca";
import { colourOf } from "../../src/figures/colours";
import type { Figure } from "../../src/figures/figure";
import { exampleFigures } from "./example-data";

/** Two prompts, three factors that are out of order; small enough to check by hand. */
const runs: ScalingRuns = {
  prompts: ["first", "second"],
  baseline: { activations: [1, 2], predictions: [10, 20] },
  factors: [2, 0, 1],
  activations: [
    [2, 4],
    [0, 0],
    [1, 2],
  ],
  predictions: [
    [11, 24],
    [9, 16],
    [10, 20],
  ],
};
const fit = { slope: 1.5, intercept: -0.25, r_squared: 0.9 };

function traces({ data }: Figure, name: string): Record<string, unknown>[] {
  return data.filter((trace) => trace.name === name);
}

function texts(figure: Figure): string {
  return JSON.stringify(figure.layout);
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutUndefined(one)]));
}

test("every figure is plain JSON, titled, described and as wide as a notebook's column", () => {
  const figures = [
    weightSimilarityComparisonFigure([{ label: "a", value: 0.5, kind: "mlp_input" }]),
    weightDistributionsFigure([{ label: "a", kind: "head", values: [1, 2] }]),
    weightVectorsPcaFigure([{ label: "a", kind: "head" }], {
      points: [[0, 0]],
      explained_variance_ratio: [null, null],
    }),
    scalingExperimentFigure(runs),
    predVsActChangeAllFigure(runs),
    predVsActRegressionFigure(runs, fit),
    perInputSensitivityFigure(runs, [{ prompt: 0, ...fit }]),
  ];
  for (const figure of figures) {
    // What was NaN, a function or a class would come back as something else.
    assert.deepEqual(JSON.parse(JSON.stringify(figure)), withoutUndefined(figure));
    const { title, meta, width, template } = figure.layout as Record<
      string,
      Record<string, unknown>
    >;
    assert.ok(String(title!.text).length > 10);
    assert.ok(String(meta!.description).length > 10);
    assert.equal(width, 820);
    assert.equal(
      (template as { layout: { paper_bgcolor: string } }).layout.paper_bgcolor,
      "#FFFFFF",
    );
  }
});

test("for a paper's column the layout is another, the data are the same", () => {
  const [wide, narrow] = [exampleFigures("notebook"), exampleFigures("column")];
  for (const [name, { data, layout }] of Object.entries(narrow)) {
    assert.deepEqual(data, wide[name]!.data, name);
    assert.deepEqual([layout.width, wide[name]!.layout.width], [420, 820], name);
  }
});

test("a fit that is nearly exact does not claim to be", () => {
  const quality = (r_squared: number) =>
    String(
      (
        predVsActRegressionFigure(runs, { ...fit, r_squared }).layout as {
          title: { subtitle: { text: string } };
        }
      ).title.subtitle.text,
    ).replace(/\u00a0/g, " ");
  assert.match(quality(1), /\(R² = 1\)/);
  // Escaped, since Plotly reads tags there.
  assert.match(quality(0.99997), /\(R² &gt; 0\.999\)/);
  assert.match(quality(0.9994), /\(R² = 0\.999\)/);
});

test("a figure of one's own with a number that JSON cannot hold is refused by its series' name", () => {
  const own = (y: ArrayLike<number>): Figure => ({
    data: [{ type: "scatter", name: "my series", y }],
    layout: {},
  });
  assert.throws(
    () => plainFigure(own([1, Number.NaN])),
    (error: Error) =>
      error instanceof FigureError &&
      /The series "my series" cannot be drawn; found NaN at y\[1\]/.test(error.message),
  );
  assert.throws(
    () => plainFigure(own(Float32Array.of(1, Number.POSITIVE_INFINITY))),
    /Infinity at y\[1\]/,
  );
  assert.deepEqual(plainFigure(own(Float32Array.of(1, 2))).data[0]!.y, [1, 2]);
  assert.deepEqual(plainFigure({ data: [{ y: [null] }], layout: {} }).data[0]!.y, [null]);
});

test("titles can be reworded", () => {
  const { title } = predVsActChangeAllFigure(runs, { title: "T", subtitle: "S" }).layout as {
    title: { text: string; subtitle: { text: string } };
  };
  assert.deepEqual([title.text, title.subtitle.text], ["T", "S"]);
});

test("weight_similarity_comparison: bars from −1 to 1, their colours, the band of random directions", () => {
  const figure = weightSimilarityComparisonFigure(
    [
      { label: "in", value: 0.12, kind: "mlp_input" },
      { label: "out", value: -0.95, kind: "mlp_output" },
      { label: "none", value: null, kind: "other" },
    ],
    { random_baseline: { p5: -0.06, p95: 0.07, n: 1000 } },
  );
  const [bar] = figure.data as [Record<string, unknown>];
  assert.deepEqual(bar.y, [0.12, -0.95, null]);
  assert.deepEqual(bar.text, ["0.12", "−0.95", ""]);
  // A label that would leave the plot stands in its bar.
  assert.deepEqual(bar.textposition, ["outside", "inside", "outside"]);
  assert.equal((bar.marker as { line: { color: string[] } }).line.color[0], colourOf("mlp_input"));
  const { yaxis, shapes } = figure.layout as {
    yaxis: { range: number[] };
    shapes: { y0: number; y1: number }[];
  };
  assert.deepEqual(yaxis.range, [-1, 1]);
  assert.deepEqual([shapes[0]!.y0, shapes[0]!.y1], [-0.06, 0.07]);
  assert.match(texts(figure), /does not exist/);
  assert.match(texts(figure), /1,000/);
});

test("weight_similarity_comparison without a baseline, or with one that does not exist, has no band", () => {
  const bars = [{ label: "in", value: 0.12, kind: "mlp_input" }] as const;
  assert.deepEqual(weightSimilarityComparisonFigure(bars).layout.shapes, []);
  const none = weightSimilarityComparisonFigure(bars, {
    random_baseline: { p5: null, p95: null, n: 9 },
  });
  assert.deepEqual(none.layout.shapes, []);
});

test("weight_distributions: the same bins, counts and ranges as numpy.histogram", () => {
  // numpy.histogram([0, 0.5, 2.9], bins=3, range=(0, 3)) is [2, 0, 1]; of [3, 3] it is [0, 0, 2].
  const figure = weightDistributionsFigure(
    [
      { label: "a", kind: "head", values: Float32Array.of(0, 0.5, 2.9) },
      { label: "b", kind: "mlp_input", values: [3, 3] },
    ],
    { bins: 3 },
  );
  assert.deepEqual(
    figure.data.map(({ y }) => y),
    [
      [2, 0, 1],
      [0, 0, 2],
    ],
  );
  assert.deepEqual(figure.data[0]!.x, figure.data[1]!.x);
  const { xaxis, xaxis2, yaxis, yaxis2 } = figure.layout as Record<
    string,
    { range: number[]; matches?: string }
  >;
  assert.deepEqual(xaxis!.range, xaxis2!.range);
  assert.deepEqual(yaxis!.range, yaxis2!.range);
  assert.deepEqual([xaxis2!.matches, yaxis2!.matches], ["x", "y"]);
});

test("weight_vectors_pca: shares of variance on the axes, one unit equally long on both", () => {
  const figure = weightVectorsPcaFigure(
    [
      { label: "head", kind: "head" },
      { label: "in", kind: "mlp_input" },
    ],
    {
      points: [
        [-1, 0.5],
        [1, -0.5],
      ],
      explained_variance_ratio: [0.8, 0.2],
    },
  );
  assert.match(texts(figure), /PC1 \(80% of the variance\)/);
  assert.match(texts(figure), /PC2 \(20% of the variance\)/);
  const { xaxis, yaxis, width, height, margin } = figure.layout as {
    xaxis: { range: [number, number] };
    yaxis: { range: [number, number] };
    width: number;
    height: number;
    margin: { l: number; r: number; t: number; b: number };
  };
  const perPixel = [
    (xaxis.range[1] - xaxis.range[0]) / (width - margin.l - margin.r),
    (yaxis.range[1] - yaxis.range[0]) / (height - margin.t - margin.b),
  ];
  assert.ok(Math.abs(perPixel[0]! / perPixel[1]! - 1) < 1e-9);
});

test("scaling_experiment: changes by rising factor, their means, and the unpatched mean", () => {
  const figure = scalingExperimentFigure(runs);
  const [activation] = traces(figure, "activation change");
  // Means over both prompts of (0, 0), (1, 2), (2, 4) minus (1, 2).
  assert.deepEqual(activation!.x, [0, 1, 2]);
  assert.deepEqual(activation!.y, [-1.5, 0, 1.5]);
  const [prediction] = traces(figure, "prediction change");
  assert.deepEqual(prediction!.y, [-2.5, 0, 2.5]);
  assert.deepEqual(
    traces(figure, "prediction change, single prompt").map(({ y }) => y),
    [
      [-1, 0, 1],
      [-4, 0, 4],
    ],
  );
  assert.deepEqual(
    traces(figure, "path of a patched prompt").map(({ x, y }) => [x, y]),
    [
      [
        [0, 1, 2],
        [9, 10, 11],
      ],
      [
        [0, 2, 4],
        [16, 20, 24],
      ],
    ],
  );
  const [unpatched] = traces(figure, "unpatched run");
  assert.deepEqual(
    [unpatched!.x, unpatched!.y],
    [
      [1, 2],
      [10, 20],
    ],
  );
  // Through (1, 10) and (2, 20).
  const [line] = traces(figure, "line through unpatched runs");
  assert.deepEqual(
    [line!.x, line!.y],
    [
      [1, 2],
      [10, 20],
    ],
  );
  for (const label of ["×0", "×1", "×2"]) assert.ok(texts(figure).includes(`"${label}"`));
});

test("scaling_experiment: prompts of either sign do not cancel, and it is counted on how many the prediction rises", () => {
  // Both follow with slope 0.5; their activations, and so their changes, have opposite signs.
  const opposite: ScalingRuns = {
    prompts: ["up", "down"],
    baseline: { activations: [2, -2.5], predictions: [0, 0] },
    factors: [0, 1, 2],
    activations: [
      [0, 0],
      [2, -2.5],
      [4, -5],
    ],
    predictions: [
      [-1, 1.25],
      [0, 0],
      [1, -1.25],
    ],
  };
  const figure = scalingExperimentFigure(opposite);
  // Plain means are 0.25, 0, −0.25 and 0.125, 0, −0.125: both would fall.
  assert.deepEqual(traces(figure, "activation change")[0]!.y, [-2.25, 0, 2.25]);
  assert.deepEqual(traces(figure, "prediction change")[0]!.y, [-1.125, 0, 1.125]);
  assert.match(texts(figure), /The prediction rises with the activation on 2 of 2 prompts/);
  const against = scalingExperimentFigure({
    ...opposite,
    predictions: [
      [-1, -1.25],
      [0, 0],
      [1, 1.25],
    ],
  });
  assert.match(texts(against), /rises with the activation on 1 of 2 prompts/);
  // One prompt, and one that is not moved at all.
  const still = scalingExperimentFigure({
    prompts: ["still"],
    baseline: { activations: [0], predictions: [3] },
    factors: [0, 1],
    activations: [[0], [0]],
    predictions: [[3], [3]],
  });
  assert.match(texts(still), /on 0 of 0 prompts/);
});

test("pred_vs_act_regression: where prompts disagree, the mean of their own slopes is said and drawn, one line is nobody's", () => {
  const own = { estimate: 0.25, low: 0.125, high: 0.375 };
  const figure = predVsActRegressionFigure(runs, fit, { own });
  const { subtitle } = figure.layout.title as { subtitle: { text: string } };
  assert.match(
    subtitle.text.replace(/<br>|\u00a0/g, " "),
    /^The prompts disagree: mean of their own slopes 0\.25 \[0\.125, 0\.375\]\. One line through all: prediction change = 1\.5/,
  );
  assert.equal(traces(figure, "fitted line").length, 0);
  assert.equal(traces(figure, "one line through all").length, 1);
  // Changes of the activation go from −2 to 2.
  assert.deepEqual(traces(figure, "mean of the prompts' own slopes")[0]!.y, [-0.5, 0.5]);
  assert.equal(traces(predVsActRegressionFigure(runs, fit), "fitted line").length, 1);
});

test("pred_vs_act_change_all: a trace for each factor, a point for each prompt, hover data beside it", () => {
  const figure = predVsActChangeAllFigure(runs);
  assert.deepEqual(
    figure.data.map(({ name }) => name),
    ["×0", "×1", "×2"],
  );
  const [zero, , two] = figure.data as [Record<string, unknown>, unknown, Record<string, unknown>];
  assert.deepEqual(
    [zero.x, zero.y],
    [
      [-1, -2],
      [-1, -4],
    ],
  );
  assert.deepEqual(
    [two.x, two.y],
    [
      [1, 2],
      [1, 4],
    ],
  );
  assert.deepEqual(two.text, ["first", "second"]);
  // Factor, activation and its change, prediction and its change.
  assert.deepEqual(two.customdata, [
    ["×2", 2, 1, 11, 1],
    ["×2", 4, 2, 24, 4],
  ]);
});

test("pred_vs_act_regression: equation, R², line and residuals", () => {
  const figure = predVsActRegressionFigure(runs, fit);
  assert.match(
    texts(figure),
    /prediction change = 1\.5 × activation change −\s0\.25 \(R²\s=\s0\.9\)/,
  );
  const [line] = traces(figure, "fitted line");
  assert.deepEqual(
    [line!.x, line!.y],
    [
      [-2, 2],
      [-3.25, 2.75],
    ],
  );
  const residuals = figure.data.filter(({ yaxis }) => yaxis === "y2");
  // At factor 2: 1 − (1.5 − 0.25) and 4 − (3 − 0.25).
  assert.deepEqual(residuals.at(-1)!.y, [-0.25, 1.25]);
});

test("a fit that does not exist says why and draws no line", () => {
  const none = { slope: null, intercept: null, r_squared: null, reason: "all changes are zero" };
  const pooled = predVsActRegressionFigure(runs, none);
  assert.match(texts(pooled), /no fit: all changes are zero/);
  assert.equal(traces(pooled, "fitted line").length, 0);
  const single = perInputSensitivityFigure(runs, [{ prompt: 1, ...none }]);
  assert.match(texts(single), /no fit: all changes are zero/);
  assert.equal(traces(single, "fitted line").length, 0);
});

test("per_input_sensitivity: the order given, at most eight panels, each its own line", () => {
  const many: ScalingRuns = {
    prompts: Array.from({ length: 10 }, (_, i) => `prompt ${i}`),
    baseline: { activations: new Float32Array(10), predictions: new Float32Array(10) },
    factors: [1, 2],
    activations: [new Float32Array(10), new Float32Array(10).fill(1)],
    predictions: [new Float32Array(10), new Float32Array(10).fill(1)],
  };
  const fits = many.prompts.map((_, i) => ({
    prompt: 9 - i,
    slope: 9 - i,
    intercept: i,
    r_squared: 1,
  }));
  const figure = perInputSensitivityFigure(many, fits);
  const lines = traces(figure, "fitted line");
  assert.equal(lines.length, 8);
  // Slope 9 with intercept 0, then slope 8 with intercept 1.
  assert.deepEqual(
    lines.slice(0, 2).map(({ y }) => y),
    [
      [0, 9],
      [1, 9],
    ],
  );
  const { annotations } = figure.layout as { annotations: { text: string }[] };
  assert.match(annotations[0]!.text, /^<b>prompt 9<\/b><br>slope 9, R² = 1$/);
  assert.match(texts(figure), /8 of 10 prompts/);
  const { xaxis8, yaxis8 } = figure.layout as Record<string, { matches: string }>;
  assert.deepEqual([xaxis8!.matches, yaxis8!.matches], ["x", "y"]);
});

test("what is not finite is refused, with the name of the series and the prompt", () => {
  const broken = {
    ...runs,
    predictions: [
      [11, Number.NaN],
      [9, 16],
      [10, 20],
    ],
  };
  const draw: (() => Figure)[] = [
    () => scalingExperimentFigure(broken),
    () => predVsActChangeAllFigure(broken),
    () => predVsActRegressionFigure(broken, fit),
    () => perInputSensitivityFigure(broken, [{ prompt: 0, ...fit }]),
  ];
  for (const figure of draw) {
    assert.throws(figure, (error: Error) => {
      assert.ok(error instanceof FigureError);
      assert.match(
        error.message,
        /"predictions at factor 2" cannot be drawn; found NaN at prompt 1 \("second"\)/,
      );
      return true;
    });
  }
  const refused = (draw: () => Figure, message: RegExp) =>
    assert.throws(
      draw,
      (error: Error) => error instanceof FigureError && message.test(error.message),
    );
  refused(
    () =>
      weightDistributionsFigure([
        { label: "MLP input", kind: "mlp_input", values: [1, Number.POSITIVE_INFINITY] },
      ]),
    /"MLP input" cannot be drawn; found Infinity at position 1/,
  );
  refused(
    () =>
      weightSimilarityComparisonFigure([
        { label: "MLP input", value: Number.NaN, kind: "mlp_input" },
      ]),
    /"MLP input" cannot be drawn; found NaN/,
  );
  refused(
    () => weightSimilarityComparisonFigure([{ label: "MLP input", value: 1.1, kind: "mlp_input" }]),
    /a cosine from -1 to 1/,
  );
  refused(
    () =>
      weightVectorsPcaFigure([{ label: "head", kind: "head" }], {
        points: [[0, Number.NaN]],
        explained_variance_ratio: [1, 0],
      }),
    /"head" cannot be drawn; found NaN/,
  );
  refused(
    () => predVsActRegressionFigure(runs, { ...fit, slope: Number.NEGATIVE_INFINITY }),
    /slope of the pooled regression cannot be drawn; found -Infinity/,
  );
});

test("lengths that do not fit, empty figures and unknown names are refused", () => {
  const refused = (draw: () => Figure, message: RegExp) =>
    assert.throws(
      draw,
      (error: Error) => error instanceof FigureError && message.test(error.message),
    );
  refused(
    () => scalingExperimentFigure({ ...runs, predictions: [[1, 2]] }),
    /"predictions" has the wrong length; found 1 values, expected 3, one for each factor/,
  );
  refused(
    () => scalingExperimentFigure({ ...runs, baseline: { activations: [1], predictions: [1, 2] } }),
    /"baseline activations" has the wrong length; found 1 values, expected 2, one for each prompt/,
  );
  refused(
    () => scalingExperimentFigure({ ...runs, factors: [] }),
    /scaling_experiment has nothing to draw/,
  );
  refused(
    () => weightSimilarityComparisonFigure([]),
    /weight_similarity_comparison has nothing to draw/,
  );
  refused(
    () => weightDistributionsFigure([{ label: "a", kind: "head", values: [] }]),
    /"a" has nothing to draw/,
  );
  refused(
    () => perInputSensitivityFigure(runs, [{ prompt: 2, ...fit }]),
    /found prompt 2, expected 0 to 1/,
  );
  refused(
    () => weightSimilarityComparisonFigure([{ label: "a", value: 0, kind: "nonsense" as never }]),
    /Unknown kind of series; found "nonsense"/,
  );
});
