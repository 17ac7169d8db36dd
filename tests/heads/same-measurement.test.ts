import assert from "node:assert/strict";
import { test } from "node:test";
import { distinctPrompts, firstOfEach } from "../../src/heads/same-measurement";

test("the first of each, by all token ids", () => {
  const prompts = [[5, 1], [51], [5, 1], [5], [], [5], [1, 5], []];
  assert.deepEqual(firstOfEach(prompts), [0, 1, 0, 3, 4, 3, 6, 4]);
  assert.deepEqual(distinctPrompts(prompts), [0, 1, 3, 4, 6]);
  assert.deepEqual(distinctPrompts([]), []);
});
