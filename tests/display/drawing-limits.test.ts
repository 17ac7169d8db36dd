import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { safeFigure } from "../../src/display/safe-figure";
import { activationPatchingFigures } from "../../src/experiments/activation-patching/figures";
import { linearWeightsFigures } from "../../src/experiments/linear-weights/figures";
import { neuronSweepFigures } from "../../src/experiments/neuron-sweep/figures";
import type { Figure } from "../../src/figures/figure";
import { exampleFigures } from "../experiments/example-data";
import { RESULTS } from "./hostile-texts";

const points = { type: "scatter", x: [1, 2, 3], y: [1, 3, 2] };

function many<Item>(count: number, item: (i: number) => Item): Item[] {
  return Array.from({ length: count }, (_, i) => item(i));
}

/** Figures that kept Plotly 4.1.1 in Chromium busy for 5 seconds to for ever. */
const ENDLESS: readonly [why: string, data: object[], layout: object, message: RegExp][] = [
  ["ticks between ticks", [points], { xaxis: { minor: { dtick: 1e-12 } } }, /xaxis\.minor/],
  ["a billion ticks", [points], { xaxis: { nticks: 1e9 } }, /xaxis\.nticks, expected at most 200/],
  ["a tick each millisecond", [points], { xaxis: { type: "date", dtick: 1 } }, /xaxis\.dtick/],
  [
    "the same of dates that Plotly finds itself",
    [{ ...points, x: ["0001-01-01", "9999-01-01"] }],
    { xaxis: { dtick: 1 } },
    /xaxis\.dtick/,
  ],
  ["no months", [points], { xaxis: { dtick: "M0" } }, /xaxis\.dtick/],
  ["digits of 600 decades", [points], { xaxis: { type: "log", dtick: "D1" } }, /xaxis\.dtick/],
  ["small steps of decades", [points], { yaxis: { type: "log", dtick: 1e-9 } }, /yaxis\.dtick/],
  ["equal steps", [points], { yaxis: { type: "log", dtick: "L1e-9" } }, /yaxis\.dtick/],
  ["far decades", [points], { yaxis: { type: "log", range: [-1e9, 1e9] } }, /yaxis\.range/],
  [
    "the steps in the template",
    [points],
    { yaxis: { type: "log" }, template: { layout: { yaxis: { dtick: 1e-9 } } } },
    /yaxis\.dtick/,
  ],
  ["hidden hours", [points], { xaxis: { rangebreaks: [{ bounds: [1, 2] }] } }, /rangebreaks/],
  [
    "a thousand named ticks",
    [points],
    { xaxis: { tickvals: many(1_000, (i) => i), ticktext: many(1_000, String) } },
    /values of xaxis\.tickvals/,
  ],
  ["500 axes", [points], Object.fromEntries(many(500, (i) => [`xaxis${i + 1}`, {}])), /500 axes/],
  ["a million bins", [{ type: "histogram", x: [0, 1e9], nbinsx: 1e8 }], {}, /nbinsx/],
  [
    "bins as small",
    [{ type: "histogram", x: [0, 1], xbins: { start: 0, end: 1e9, size: 1e-6 } }],
    {},
    /steps of xbins/,
  ],
  ["bins of a month", [{ type: "histogram", xbins: { size: "M1" } }], {}, /no number in steps/],
  [
    "a million lines",
    [{ type: "contour", z: [[1, 2]], contours: { start: 0, end: 1e6, size: 1e-6 } }],
    {},
    /steps of contours/,
  ],
  ["a fine violin", [{ type: "violin", y: [1, 2], bandwidth: 1e-300 }], {}, /such a bandwidth/],
  ["a long violin", [{ type: "violin", y: [1, 2], span: [-1e9, 1e9] }], {}, /such a span/],
  ["100,000 bars", [{ type: "bar", y: many(1e5, (i) => i) }], {}, /type bar, expected at most 1/],
  ["a pie of 50,000", [{ type: "pie", values: many(5e4, () => 1) }], {}, /marks of type pie/],
  ["many pies", many(100, () => ({ type: "pie", values: many(500, () => 1) })), {}, /of type pie/],
  [
    "a rugged plain",
    [{ type: "contour", z: many(400, (i) => many(400, (j) => (i * j * 7919) % 17)) }],
    {},
    /160000 marks of type contour/,
  ],
  [
    "5,000 texts",
    [{ ...points, mode: "markers+text", y: many(5_000, (i) => i), text: "a" }],
    {},
    /5000 marks with texts/,
  ],
  [
    "texts in cells",
    [{ type: "heatmap", z: many(100, () => many(100, () => 1)), texttemplate: "%{z}" }],
    {},
    /marks with texts/,
  ],
  [
    "lines stacked on lines",
    many(50, (i) => ({ ...points, x: many(300, (j) => j + i / 1000), stackgroup: "a" })),
    {},
    /marks that are stacked/,
  ],
  ["3,000 traces", many(3_000, () => points), {}, /3000 traces, expected at most 2000/],
  ["notes", [points], { annotations: many(1_000, () => ({ text: "a" })) }, /at most 300 objects/],
  [
    "packed points",
    [{ type: "scatter", y: { dtype: "i1", bdata: "AAAA".repeat(1e5) } }],
    {},
    /marks of type scatter/,
  ],
  ["any other list", [{ ...points, customdata: many(5e5, () => 1) }], {}, /at most 400000 values/],
];

describe("a figure from a file is not drawn if that would take for ever", () => {
  for (const [why, data, layout, message] of ENDLESS) {
    it(why, () => {
      const started = performance.now();
      assert.throws(() => safeFigure({ data, layout }), message);
      assert.ok(performance.now() - started < 1_000);
    });
  }
});

describe("a figure of ours is drawn as it is", () => {
  const all: Record<string, Figure> = {
    ...exampleFigures(),
    ...linearWeightsFigures(RESULTS.linear_weights_analysis),
    ...activationPatchingFigures(RESULTS.activation_patching),
    ...neuronSweepFigures(RESULTS.neuron_sweep),
  };
  const narrow = Object.entries(exampleFigures("column")).map(([name, of]) => [
    `${name} narrow`,
    of,
  ]);
  for (const [name, figure] of Object.entries({ ...all, ...Object.fromEntries(narrow) })) {
    it(name, () => {
      const json = JSON.parse(JSON.stringify(figure));
      // No picture, but a text for those who cannot see it.
      json.layout.meta.description = "A figure.";
      assert.deepEqual(safeFigure(json), json);
    });
  }

  it("and so are usual ones of others", () => {
    const figure = {
      data: [
        { type: "bar", x: ["a", "b"], y: { dtype: "f8", bdata: "AAAAAAAA8D8AAAAAAAAAQA==" } },
        { type: "histogram", x: [1, 2, 2], xbins: { start: 0, end: 3, size: 1 }, nbinsx: 30 },
        { type: "heatmap", z: [[1, null]], colorscale: "Viridis", zsmooth: false },
        { y: [1, 2], mode: "lines", stackgroup: "a", error_y: { array: [1, 1] } },
      ],
      layout: {
        xaxis: { type: "log", range: [-3, 3], dtick: 1 },
        xaxis2: { type: "date", dtick: "M1", range: ["2020-01-01", "2021-01-01"] },
        legend2: { x: 0 },
        coloraxis: { colorscale: [[0, "red"]] },
        hovermode: false,
        title: null,
      },
    };
    assert.deepEqual(safeFigure(figure), figure);
  });

  it("with unknown keys of the layout left out, and keys that would change all objects", () => {
    const json = `{"data": [{"type": "bar", "__proto__": {"a": 1}, "marker": {"constructor": 1}}],
      "layout": {"images": [1], "xaxis0": {}, "__proto__": {"a": 1}, "meta": {"__proto__": {"a": 1}}},
      "frames": [1], "config": {"plotlyServerURL": "https://evil.invalid"}}`;
    const safe = safeFigure(JSON.parse(json));
    assert.deepEqual(safe, { data: [{ type: "bar", marker: {} }], layout: { meta: {} } });
    assert.equal(JSON.stringify(safe).includes("__proto__"), false);
  });
});
