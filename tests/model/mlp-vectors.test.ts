import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import type { HookName } from "../../src/model/hook-names";
import { hookPoint } from "../../src/model/hook-points";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import {
  type MlpVectors,
  mlpVectors,
  rawMlpVectors,
  readDirections,
} from "../../src/model/mlp-vectors";
import { linearisedReadDirection, mlpNeuronWeights } from "../../src/model/named-weights";
import { writeDirection } from "../../src/model/write-direction";
import { ARCHITECTURES, goldenArchitecture, goldenWeight } from "../arch";
import { fixture, relativeToLargest } from "../golden";

const LAYER = 1;

describe("an MLP's vectors", () => {
  let model: HookedTransformer;
  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  /** Against TransformerLens's matrices, `W_in` [d_model, d_mlp] and `W_out` [d_mlp, d_model]. */
  async function agree({ input, output }: MlpVectors, file: string, tolerance: number) {
    const source = await openCheckpoint(fixture("golden-a", file));
    const W_in = source.read(`blocks.${LAYER}.mlp.W_in`).data as Float32Array;
    const W_out = source.read(`blocks.${LAYER}.mlp.W_out`).data as Float32Array;
    source.close();
    const columns = input.length;
    const expected = input.flatMap((row, n) => [...row.keys()].map((j) => W_in[j * columns + n]));
    const flat = (rows: readonly Float32Array[]) => rows.flatMap((row) => [...row]);
    assert.ok(relativeToLargest(flat(input), expected) <= tolerance);
    assert.ok(relativeToLargest(flat(output), W_out) <= tolerance);
  }

  it("processed, as TransformerLens has them", () =>
    agree(mlpVectors(model, LAYER), "weights_processed.safetensors", 1e-5));

  it("raw, as they stand in the file", async () =>
    agree(await rawMlpVectors(model, LAYER), "weights_unprocessed.safetensors", 0));

  it("read directions are those of single coordinates", () => {
    const { input: all } = readDirections(model, LAYER);
    assert.equal(all.length, model.cfg.d_model);
    for (const n of [0, 5, all.length - 1]) {
      assert.ok(relativeToLargest(all[n], linearisedReadDirection(model, LAYER, n)) < 1e-5);
    }
  });

  it("what a coordinate writes to the residual stream", async () => {
    const { d_model } = model.cfg;
    const direction = (hook: string, index: number) => {
      const found = writeDirection(model, hookPoint(hook as HookName, model.cfg), index);
      return found && Array.from(found);
    };
    const basis = (n: number) => Array.from({ length: d_model }, (_, j) => (j === n ? 1 : 0));
    for (const hook of ["hook_resid_pre", "hook_resid_mid", "hook_resid_post", "hook_mlp_out"]) {
      assert.deepEqual(direction(`blocks.2.${hook}`, 3), basis(3));
    }
    assert.deepEqual(direction("hook_embed", 2), basis(2));
    assert.deepEqual(direction("blocks.2.attn.hook_result", d_model + 4), basis(4));
    const { output } = mlpNeuronWeights(model, 2, 9);
    assert.deepEqual(direction("blocks.2.mlp.hook_post", 9), [...output]);
    const source = await openCheckpoint(fixture("golden-a", "weights_processed.safetensors"));
    const W_O = source.read("blocks.2.attn.W_O").data as Float32Array; // [n_heads, d_head, d_model]
    source.close();
    const row = W_O.slice(7 * d_model, 8 * d_model);
    assert.ok(relativeToLargest(direction("blocks.2.attn.hook_z", 7)!, row) < 1e-5);
    for (const hook of ["mlp.hook_pre", "attn.hook_q", "ln2.hook_normalized"]) {
      assert.equal(direction(`blocks.2.${hook}`, 0), null);
    }
    assert.equal(direction("unembed.hook_out", 0), null);
  });
});

for (const family of ARCHITECTURES) {
  describe(`an MLP's vectors: ${family}`, () => {
    let model: HookedTransformer;
    before(async () => {
      model = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
    });
    after(() => model.dispose());

    const { gated_mlp = false } = goldenArchitecture(family).tl_cfg;
    const weight = (kind: "processed" | "unprocessed", name: string) =>
      goldenWeight(family, kind, `blocks.${LAYER}.${name}`);
    const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
    const columns = (matrix: readonly number[][]) =>
      matrix[0].map((_, n) => matrix.map((row) => row[n]));

    /** Against TransformerLens's matrices. */
    function agree(
      { input, gate, output }: MlpVectors,
      kind: "processed" | "unprocessed",
      tolerance: number,
    ) {
      const error = (rows: readonly ArrayLike<number>[], expected: readonly number[][]) =>
        relativeToLargest(flat(rows), flat(expected));
      assert.ok(error(input, columns(weight(kind, "mlp.W_in"))) <= tolerance);
      assert.ok(error(output, weight(kind, "mlp.W_out")) <= tolerance);
      assert.equal(gate !== null, gated_mlp);
      if (gate) assert.ok(error(gate, columns(weight(kind, "mlp.W_gate"))) <= tolerance);
    }

    it("processed, as TransformerLens has them", () =>
      agree(mlpVectors(model, LAYER), "processed", 1e-5));

    it("raw, as they stand in the file", async () =>
      agree(await rawMlpVectors(model, LAYER), "unprocessed", 0));

    it("read directions are W_in @ W_out[:, n], behind a norm times its weight", () => {
      const { input, gate } = readDirections(model, LAYER);
      const W_out = weight("processed", "mlp.W_out");
      const scale = family === "gemma2" ? weight("processed", "ln2_post.w")[0] : null;
      const expected = (name: string, n: number) =>
        weight("processed", `mlp.${name}`).map((row) =>
          row.reduce((sum, value, m) => sum + value * W_out[m][n] * (scale?.[n] ?? 1), 0),
        );
      for (const n of [0, 5, model.cfg.d_model - 1]) {
        const agreeWith = (name: "W_in" | "W_gate", all: readonly Float32Array[]) => {
          const own = linearisedReadDirection(model, LAYER, n, name);
          assert.ok(relativeToLargest(all[n], expected(name, n)) < 1e-5);
          assert.ok(relativeToLargest(own, expected(name, n)) < 1e-5);
        };
        agreeWith("W_in", input);
        if (gate) agreeWith("W_gate", gate);
        else assert.throws(() => linearisedReadDirection(model, LAYER, n, "W_gate"), /no gate/);
      }
    });

    it("what is written through a norm has no direction of its own", () => {
      const { gate, output } = mlpNeuronWeights(model, LAYER, 9);
      assert.equal(gate !== null, gated_mlp);
      for (const [hook, direction] of [
        ["mlp.hook_post", output],
        ["attn.hook_z", weight("processed", "attn.W_O")[9]],
        ["hook_mlp_out", Array.from({ length: model.cfg.d_model }, (_, j) => (j === 9 ? 1 : 0))],
      ] as const) {
        const point = hookPoint(`blocks.${LAYER}.${hook}` as HookName, model.cfg);
        const found = writeDirection(model, point, 9);
        if (family === "gemma2" && hook !== "hook_mlp_out") assert.equal(found, null);
        else assert.ok(relativeToLargest(found!, direction) < 1e-5, hook);
      }
      if (!gated_mlp) return;
      for (const hook of ["mlp.hook_pre", "mlp.hook_pre_linear"]) {
        const point = hookPoint(`blocks.${LAYER}.${hook}` as HookName, model.cfg);
        assert.equal(writeDirection(model, point, 9), null);
      }
    });
  });
}
