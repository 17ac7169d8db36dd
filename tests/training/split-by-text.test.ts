import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InputError } from "../../src/errors";
import { foldsByText, splitByText } from "../../src/training/split-by-text";

/** At least 50 different prompts, some of them several times, shuffled by fast-check. */
const promptLists = fc
  .tuple(fc.integer({ min: 50, max: 120 }), fc.array(fc.nat(49), { maxLength: 60 }))
  .chain(([distinct, repeats]) =>
    fc.shuffledSubarray([...Array(distinct).keys(), ...repeats], {
      minLength: distinct + repeats.length,
    }),
  )
  .map((numbers) => numbers.map((number) => [number, 7]));

test("each row is in one part, and equal prompts are in the same part", () => {
  fc.assert(
    fc.property(promptLists, fc.nat(), (prompts, seed) => {
      const split = splitByText(prompts, { seed });
      const partOf = new Map<number, string>();
      for (const [part, rows] of Object.entries(split)) {
        for (const row of rows) {
          assert.ok(!partOf.has(row));
          partOf.set(row, part);
        }
      }
      assert.equal(partOf.size, prompts.length);
      const partOfPrompt = new Map<string, string>();
      prompts.forEach((prompt, row) => {
        const key = prompt.join();
        assert.equal(partOfPrompt.get(key) ?? partOf.get(row), partOf.get(row));
        partOfPrompt.set(key, partOf.get(row)!);
      });
    }),
    { numRuns: 50 },
  );
});

test("shares are shares of the different prompts; the seed decides which", () => {
  const prompts = Array.from({ length: 200 }, (_, i) => [i]);
  const { train, validation, test: tested } = splitByText(prompts, { testShare: 0.2, seed: 3 });
  assert.deepEqual([train.length, validation.length, tested.length], [140, 20, 40]);
  assert.deepEqual(splitByText(prompts, { seed: 3 }), splitByText(prompts, { seed: 3 }));
  assert.notDeepEqual(splitByText(prompts, { seed: 3 }), splitByText(prompts, { seed: 4 }));
});

test("equal prompts are in the same fold, and folds are of similar size", () => {
  const prompts = Array.from({ length: 100 }, (_, i) => [i % 60]);
  const rows = [...prompts.keys()].filter((row) => row % 10 !== 0);
  const folds = foldsByText(prompts, rows, { folds: 5 });
  const foldOf = new Map(rows.map((row, index) => [row, folds[index]]));
  for (const row of rows) {
    if (foldOf.has(row + 60)) assert.equal(foldOf.get(row), foldOf.get(row + 60));
  }
  const sizes = [0, 1, 2, 3, 4].map((fold) => folds.filter((value) => value === fold).length);
  assert.ok(Math.min(...sizes) >= 10, String(sizes));
});

test("too few different prompts, or an empty part, are refused", () => {
  const few = Array.from({ length: 500 }, (_, i) => [i % 49]);
  assert.throws(() => splitByText(few), /found 49 different ones of 500, expected at least 50/);
  const enough = Array.from({ length: 50 }, (_, i) => [i]);
  for (const shares of [
    { testShare: 0 },
    { validationShare: 0.5, testShare: 0.5 },
    { testShare: Number.NaN },
  ]) {
    assert.throws(() => splitByText(enough, shares), InputError);
  }
});
