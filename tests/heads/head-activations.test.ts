import assert from "node:assert/strict";
import { it } from "node:test";
import { headActivations } from "../../src/heads/head-activations";

// Expected: torch 2.13, torch.nn.functional.{relu,gelu,silu} of a float64 tensor.
const EXPECTED = {
  relu: [0, 0, 0, 0, 0.3, 2, 9, 1000],
  gelu: [0.0, 0.0, -0.04550026389635842, 0.0, 0.1853734266566858, 1.9544997361036416, 9.0, 1000.0],
  silu: [
    0.0, -0.0011105511838760856, -0.2384058440442351, 0.0, 0.1723327550434977, 1.7615941559557646,
    8.998889448816124, 1000.0,
  ],
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  it(`${name} is PyTorch's, also where its tail is flat`, () => {
    const inputs = [-1000, -9, -2, 0, 0.3, 2, 9, 1000];
    inputs.forEach((x, i) => {
      const found = headActivations[name as keyof typeof EXPECTED](x);
      assert.ok(
        Math.abs(found - expected[i]) <= 1e-14 * Math.max(1, Math.abs(expected[i])),
        `${name}(${x}) = ${found}`,
      );
    });
  });
}
