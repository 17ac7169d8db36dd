import assert from "node:assert/strict";
import { before, test } from "node:test";
import { InputError } from "../../src/errors";
import { randomStream } from "../../src/stats/random-stream";
import { loadEngine } from "../../src/tensors/engine";
import { scanNeurons } from "../../src/training/scan-neurons";

before(() => loadEngine());

const stream = randomStream(0, "test");
const n = 800;
const features = {
  data: Float32Array.from({ length: n * 4 }, () => stream.gaussian()),
  columns: 4,
  rows: Array.from({ length: n }, (_, row) => row),
};

/** Neurons: noise, a line with noise, a line, the same but small, the same but mostly silent, a constant. */
const neurons = features.rows.flatMap((row) => {
  const [a, b] = features.data.subarray(row * 4);
  const line = 3 * a - 2 * b;
  const noise = 3 * stream.gaussian();
  return [noise, line + noise, line, 0.001 * line, row % 5 === 0 ? 9 * line : 0, 4];
});

test("eligible neurons come first, the best predicted of them in front", () => {
  const scan = scanNeurons(features, Float32Array.from(neurons), 6);
  assert.deepEqual(
    scan.slice(0, 3).map(({ neuron }) => neuron),
    [2, 1, 0],
  );
  assert.deepEqual(
    scan.map(({ eligible }) => eligible),
    [true, true, true, false, false, false],
  );
  const byNeuron = new Map(scan.map((one) => [one.neuron, one]));
  assert.ok(byNeuron.get(2)!.r_squared > 0.999);
  // Var(3a − 2b) = 13 of 13 + 9.
  assert.ok(Math.abs(byNeuron.get(1)!.r_squared - 13 / 22) < 0.1);
  assert.ok(byNeuron.get(0)!.r_squared < 0.05);
  assert.ok(Math.abs(byNeuron.get(1)!.variance - 22) < 3);
  assert.equal(byNeuron.get(5)!.variance, 0);
  assert.equal(byNeuron.get(5)!.range, 0);
  assert.ok(byNeuron.get(4)!.sparsity >= 0.8);
});

test("activations that never vary are refused", () => {
  const constant = new Float32Array(n * 2).fill(1);
  assert.throws(() => scanNeurons(features, constant, 2), InputError);
});
