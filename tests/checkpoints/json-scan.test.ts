import assert from "node:assert/strict";
import { it } from "node:test";
import { scanJson } from "../../src/checkpoints/json-scan";

it("counts levels and containers outside of texts", () => {
  assert.deepEqual(scanJson('{"a":[1,[2]],"b{[":"]}\\"["}'), {
    depth: 3,
    containers: 3,
    duplicateKey: undefined,
  });
});

it("finds a key that the outermost object has twice, however it is written", () => {
  assert.equal(scanJson('{"a":1,"b":{"a":1},"a":2}').duplicateKey, "a");
  assert.equal(scanJson('{"a":1,"\\u0061" :2}').duplicateKey, "a");
  assert.equal(scanJson('{"a":"a","b":{"c":1,"c":2}}').duplicateKey, undefined);
});

it("ends on texts that are not JSON", () => {
  for (const text of ["", '"', '"\\', '{"a', '{"a"', "]]]", '{"\\x":1,"\\x":2']) scanJson(text);
});
