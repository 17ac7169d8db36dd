import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { targetCosine } from "../../src/experiments/linear-weights/compared-vectors";
import { linearWeights } from "../../src/heads/linear-weights";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { mlpVectors } from "../../src/model/mlp-vectors";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { writeRandomModel } from "../patching/random-model";
import { type HeadOnDisk, headOnDisk } from "./head-on-disk";

const SIZES = { layers: 2, heads: 2, d_head: 4, d_mlp: 8, d_vocab: 20, n_ctx: 8 };
const D = SIZES.heads * SIZES.d_head;
const folder = temporaryFolder();
let model: HookedTransformer;
before(async () => {
  await writeRandomModel(folder, SIZES, 1);
  model = await HookedTransformer.fromPretrained(folder);
});
after(() => model?.dispose());

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, one, i) => sum + one * b[i], 0);
const cosineOf = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

// SPEC section 6: of a target that the head can see, the slope of a linear head is w · W_out[n] for a hidden
// neuron and w[n] for a coordinate of the stream; one that comes later is known only by what it reads.
const vectorsOf = {
  basis_vector: () =>
    Array.from({ length: D }, (_, n) => Array.from({ length: D }, (_, j) => Number(j === n))),
  output: (layer: number) => mlpVectors(model, layer).output,
  input: (layer: number) => mlpVectors(model, layer).input,
  read_direction: (layer: number) => {
    const { input, output } = mlpVectors(model, layer);
    return Array.from({ length: D }, (_, n) =>
      Array.from({ length: D }, (_, j) =>
        input.reduce((sum, column, i) => sum + column[j] * output[i][n], 0),
      ),
    );
  },
};

const seen = { target_layer: 1, target_neuron: 5 };
const unseen = { ...seen, feature_layer: 0 };
const CASES: readonly (readonly [HeadOnDisk, keyof typeof vectorsOf])[] = [
  [{ ...seen, layer_type: "mlp_out" }, "basis_vector"],
  [{ ...seen, layer_type: "resid_post" }, "basis_vector"],
  [{ ...seen, layer_type: "post" }, "output"],
  [{ ...seen, layer_type: "pre" }, "output"],
  [{ ...unseen, layer_type: "mlp_out" }, "read_direction"],
  [{ ...unseen, layer_type: "post" }, "input"],
  [{ ...unseen, layer_type: "pre" }, "input"],
];
for (const [target, name] of CASES) {
  const where = target.feature_layer === undefined ? "before" : "after";
  it(`${target.layer_type} ${where} what the head reads is compared with ${name} first`, async () => {
    const head = await headOnDisk(join(folder, `${target.layer_type}-${where}`), model, target);
    const { weights } = linearWeights(head);
    const cosines = vectorsOf[name](seen.target_layer).map((vector) => cosineOf(weights, vector));
    const { cosine, of, percentile } = targetCosine(head);
    assert.equal(of, name);
    assert.ok(Math.abs(cosine! - cosines[5]) < 1e-5, `${cosine}, ${cosines[5]}`);
    // By magnitude: a head may read its neuron with either sign. Coordinates' cosines may not be equal.
    const below = cosines.filter((one) => Math.abs(one) < Math.abs(cosines[5])).length;
    assert.ok(Math.abs(percentile! - (100 * below) / (cosines.length - 1)) < 1e-9);
  });
}

it("another activation has no such vector", async () => {
  const target = { target_layer: 0, target_neuron: 1, layer_type: "q" };
  const head = await headOnDisk(join(folder, "q"), model, target);
  assert.deepEqual(targetCosine(head), { cosine: null, of: null, percentile: null });
});
