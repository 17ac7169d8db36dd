import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../src/errors";
import { parsePatch, patchedActivations } from "../../src/patching/patch-kinds";

describe("parsePatch", () => {
  it("reads every kind", () => {
    assert.deepEqual(parsePatch("set:0"), ["set", 0]);
    assert.deepEqual(parsePatch("add:-1.25"), ["add", -1.25]);
    assert.deepEqual(parsePatch("scale:2e-1"), ["scale", 0.2]);
    assert.deepEqual(parsePatch("zero"), ["zero", 0]);
    assert.deepEqual(parsePatch("mean"), ["mean", 0]);
    assert.deepEqual(parsePatch("resample"), ["resample", 1]);
    assert.deepEqual(parsePatch("resample:3"), ["resample", 3]);
  });

  it("refuses everything else", () => {
    for (const text of [
      "",
      "set",
      "set:",
      "set:x",
      "set:NaN",
      "set:Infinity",
      "set:1:2",
      "ablate",
      "resample:1.5",
      "constructor:1",
    ]) {
      assert.throws(() => parsePatch(text), InputError, text);
    }
  });
});

describe("patchedActivations", () => {
  const originals = [1, -2, 0.5];

  it("computes in float32 what each kind says", () => {
    assert.deepEqual(patchedActivations(["set", 0.1], originals), [
      Math.fround(0.1),
      Math.fround(0.1),
      Math.fround(0.1),
    ]);
    assert.deepEqual(patchedActivations(["scale", 2], originals), [2, -4, 1]);
    assert.deepEqual(patchedActivations(["zero", 9], originals), [0, 0, 0]);
    assert.deepEqual(patchedActivations(["add", 1], originals), [2, -1, 1.5]);
    assert.deepEqual(
      patchedActivations(["mean", 0], originals),
      Array(3).fill(Math.fround(-0.5 / 3)),
    );
    assert.deepEqual(patchedActivations(["resample", 1], originals), [-2, 0.5, 1]);
    assert.deepEqual(patchedActivations(["resample", -1], originals), [0.5, 1, -2]);
  });

  it("by factor 1 gives the same bits", () => {
    const odd = [Math.fround(0.1), -0, 1e-38];
    const same = patchedActivations(["scale", 1], odd.map(Math.fround));
    assert.ok(same.every((value, i) => Object.is(value, Math.fround(odd[i]))));
  });

  it("refuses to resample a prompt from itself", () => {
    assert.throws(() => patchedActivations(["resample", 3], originals), /needs another prompt/);
    assert.throws(() => patchedActivations(["resample", 1], [1]), /needs another prompt/);
  });
});
