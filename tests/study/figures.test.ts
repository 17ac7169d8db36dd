import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainFigure } from "../../src/display/plain-figure";
import { safeFigure } from "../../src/display/safe-figure";
import { FigureError } from "../../src/errors";
import { atlasFigure } from "../../src/study/figures/atlas";
import { forestFigure } from "../../src/study/figures/forest";
import { shareByFigure } from "../../src/study/figures/share-by";
import { listShareBy } from "../../src/study/share-groups";
import { describeDiscoveries, listHeads } from "../../src/study/tables";
import { exampleRow, exampleRows } from "./example-rows";

type Trace = {
  name: string;
  x: number[];
  y: (number | string)[];
  customdata?: number[];
  hovertext?: string[];
  marker: { color: string; symbol: string };
  error_x: { array: number[]; arrayminus: number[] };
};

const SHARES = [0.9, 0.1, null, 0.7, -0.2, 25, 0.3];
const rows = exampleRows(SHARES);

const tracesOf = (figure: { data: unknown }) => figure.data as Trace[];
const described = (figure: { layout: Record<string, unknown> }) =>
  (figure.layout.meta as { description: string }).description;

describe("a study's figures", () => {
  for (const [name, draw] of [
    ["forest", forestFigure],
    ["atlas", atlasFigure],
    ["by layer", (given) => shareByFigure(given, { by: "target_layer" })],
  ] as [string, typeof forestFigure][]) {
    it(`${name}: every head with a share once, under its verdict's colour and shape, and leads to its row`, () => {
      const figure = draw(rows);
      const heads = tracesOf(figure).filter(({ customdata }) => customdata);
      assert.deepEqual(heads.flatMap(({ customdata }) => customdata!).sort(), [0, 1, 3, 4, 5, 6]);
      assert.deepEqual(
        heads.map((trace) => [trace.name, trace.marker.symbol]),
        [
          ["reads the neuron (3)", "circle"],
          ["reads a correlate (3)", "diamond"],
        ],
      );
      for (const { customdata, hovertext } of heads) {
        for (const [i, place] of customdata!.entries()) {
          assert.match(hovertext![i], new RegExp(`neuron_l${place % 3}_n${place}_`));
          assert.ok(hovertext![i].includes(rows[place].verdict));
        }
      }
      assert.match(described(figure), /1 without a share not drawn; 1 beyond the axis/);
    });

    it(`${name}: nothing but finite numbers, also of heads at their limits; nothing to draw is said`, () => {
      const odd = [
        exampleRow({ causal_share: 1e300, causal_share_low: null, causal_share_high: null }),
        exampleRow({ causal_share: -1e300, causal_share_low: null, causal_share_high: 0.2 }),
        exampleRow({ causal_share: 0.5, causal_share_low: 0.1, causal_share_high: null }),
        exampleRow({ model_dir: '<img src=x onerror="alert(1)">', r: -1 }),
      ];
      for (const given of [odd, [odd[0]], [odd[2]]]) {
        const { data, layout } = safeFigure(plainFigure(draw(given)));
        assert.doesNotMatch(JSON.stringify({ data, layout }), /<img|NaN|Infinity/);
      }
      const without = [exampleRow({ causal_share: null })];
      assert.throws(() => draw(without), FigureError);
      assert.throws(() => draw([]), FigureError);
      const nan = { ...exampleRow(), causal_share: Number.NaN };
      assert.throws(() => draw([nan]), /causal shares/);
    });

    it(`${name}: 2,000 heads are drawn, and stay within what a page draws`, () => {
      const many = exampleRows(Array.from({ length: 2000 }, (_, i) => (i % 97) / 97));
      for (const size of ["notebook", "column"] as const) {
        const figure = safeFigure(plainFigure(draw(many, { size } as never)));
        assert.ok((figure.layout.height as number) < 1300);
      }
    });
  }

  it("forest: rows are sorted, bars are the intervals, an unbounded end goes to the axis's edge", () => {
    const [bars] = tracesOf(
      forestFigure([
        ...exampleRows([0.9, 0.1]),
        exampleRow({ causal_share: 0.5, causal_share_low: 0.2, causal_share_high: null }),
      ]),
    );
    assert.deepEqual(bars.x, [0.1, 0.5, 0.9]);
    assert.equal(new Set(bars.y).size, 3);
    const near = (values: number[], expected: number[]) => {
      for (const [i, value] of values.entries()) {
        assert.ok(Math.abs(value - expected[i]) < 1e-12, `${values}`);
      }
    };
    // The axis of shares from 0 to 1 has 6% of air.
    near(bars.error_x.array, [0.1, 0.56, 0.1]);
    near(bars.error_x.arrayminus, [0.1, 0.3, 0.1]);
    const twins = tracesOf(forestFigure([exampleRow(), exampleRow()]))[0];
    assert.equal(new Set(twins.y).size, 2);
  });

  it("a head beyond the axis stands at its edge with an arrow, and its own share under the pointer", () => {
    const [reading, , arrows] = tracesOf(atlasFigure(rows));
    assert.equal(reading.customdata![2], 5);
    assert.equal(reading.y[2], 2);
    assert.match(reading.hovertext![2], /causal share 25 \[24\.9, 25\.1\]/);
    assert.deepEqual([arrows.name, arrows.x.length], ["beyond the axis", 1]);
  });

  it("by a column: its values in order, medians as numpy.median has them", () => {
    // Layers in turn: layer 0 has 0.9, 0.7, 0.3; layer 1 has 0.1, −0.2; layer 2 has none and 25.
    const list = listShareBy(rows, { by: "target_layer" });
    assert.deepEqual(
      list.map(({ value, heads, median_share }) => [
        value,
        heads,
        Number(median_share!.toFixed(12)),
      ]),
      [
        ["0", 3, 0.7],
        ["1", 2, -0.05],
        ["2", 2, 25],
      ],
    );
    const [medians] = tracesOf(shareByFigure(rows, { by: "ridge_penalty" }));
    assert.equal(medians.name, "median");
    assert.match(
      described(shareByFigure(rows, { by: "target_layer" })),
      /0: median 0\.7 of 3 heads/,
    );
    const unsaid = [exampleRow({ penalty: null }), exampleRow({ penalty: 10 })];
    assert.deepEqual(
      listShareBy(unsaid, { by: "penalty" }).map(({ value }) => value),
      ["10", "not said"],
    );
    assert.throws(() => shareByFigure(rows, { by: "nothing" }), /no such column.*ridge_penalty/);
  });

  it("tables: heads by share, and how many discoveries remain among many", () => {
    const [first, ...others] = listHeads(rows);
    assert.deepEqual(first.causal_share, { estimate: 25, low: 24.9, high: 25.1 });
    assert.equal(first.head, "strong/neuron_l2_n5_20260101_120000");
    assert.deepEqual((others.at(-1)!.causal_share as { estimate: null }).estimate, null);
    const many = [0.01, 0.04, 0.04, 0.9].map((p_value, i) =>
      exampleRow({
        p_value,
        p_adjusted: [0.04, 0.053, 0.053, 0.9][i],
        verdict: "reads the neuron",
      }),
    );
    assert.deepEqual(
      describeDiscoveries([...many, exampleRow({ p_value: null, p_adjusted: null })]).map(
        ({ value }) => value,
      ),
      [4, 3, 0.2, 1, 4, 1],
    );
  });
});
