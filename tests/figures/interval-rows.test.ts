import assert from "node:assert/strict";
import { it } from "node:test";
import { intervalRows } from "../../src/figures/interval-rows";

const row = {
  ...{ label: "random directions", colour: "#E69F00", note: "p = 0.97", mark: 0.003 },
  ...{ range: [-0.14, 0.14] as const, extremes: [-0.354, 0.261] as const },
};

it("no line of a row ends at the axis: what is drawn lies inside it, with air", () => {
  const { layout } = intervalRows([{ title: "a cosine", rows: [row] }], {
    size: "notebook",
    xTitle: "cosine",
  });
  const [low, high] = layout.xaxis!.range as [number, number];
  assert.ok(low < -0.354 - 0.02 && high > 0.261 + 0.02, `${low} to ${high}`);
});

it("rows without a number have a range all the same", () => {
  const empty = { label: "none", colour: "#000000", note: "none", range: null };
  const { layout } = intervalRows([{ title: "", rows: [empty] }], { size: "column", xTitle: "x" });
  assert.deepEqual(layout.xaxis!.range, [-1, 1]);
});
