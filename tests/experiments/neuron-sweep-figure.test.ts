import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FigureError } from "../../src/errors";
import { neuronSweepFigure } from "../../src/experiments/neuron-sweep/figures/neuron-sweep";

const POST = "blocks.2.mlp.hook_post";
const swept = [
  { hook: POST, mean_change: [0.1, -0.3, null, 0.2], mean_abs_change: [0.1, 0.4, null, 0.2] },
  { hook: "blocks.2.hook_mlp_out", mean_change: [1], mean_abs_change: [1] },
];

describe("neuronSweep", () => {
  it("ranks the neurons that were patched and marks the target", () => {
    const { data, layout } = neuronSweepFigure(swept, { hook: POST, index: 0 });
    const [post, mlpOut, target] = data as { x: number[]; y: number[]; text?: string[] }[];
    assert.deepEqual(post.y, [0.4, 0.2, 0.1]);
    assert.deepEqual(post.x, [1, 2, 3]);
    assert.deepEqual(mlpOut.y, [1]);
    assert.deepEqual([target.x, target.y, target.text], [[3], [0.1], ["target: 3 of 3"]]);
    assert.match(JSON.stringify(layout), /the target is number 3 of 3/);
  });

  it("says when the target is not among them", () => {
    for (const target of [null, { hook: "hook_embed", index: 0 }, { hook: POST, index: 2 }]) {
      const { data, layout } = neuronSweepFigure(swept, target);
      assert.equal(data.length, 2);
      assert.match(JSON.stringify(layout), /the target is not among them/);
    }
  });

  it("refuses numbers that cannot be drawn, by the activation's name", () => {
    const bad = [{ hook: POST, mean_change: [0.1], mean_abs_change: [Number.NaN] }];
    assert.throws(
      () => neuronSweepFigure(bad, null),
      (error) => error instanceof FigureError && error.message.includes(POST),
    );
    const short = [{ hook: POST, mean_change: [], mean_abs_change: [1] }];
    assert.throws(() => neuronSweepFigure(short, null), FigureError);
  });
});
