import assert from "node:assert/strict";
import { it } from "node:test";
import { type ChangingPart, partChange } from "../../src/explore/part-changes";

it("a part's change beside what was there: no share of nothing", () => {
  const hook = { name: "blocks.0.hook_mlp_out" } as unknown as ChangingPart["hook"];
  const part: ChangingPart = { hook, layer: 0, part: "mlp" };
  const share = (clean: number[], patched: number[]) => {
    const vectors = { clean: Float32Array.from(clean), patched: Float32Array.from(patched) };
    return partChange(part, vectors, null).relativeChange;
  };
  assert.equal(share([3, 4], [3, 14]), 2);
  assert.equal(share([3, 4], [3, 4]), 0);
  assert.equal(share([0, 0], [0, 0]), 0);
  assert.equal(share([0, 0], [1, 0]), null);
});
