import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The cases of a file in tests/fixtures/stats, made by scripts/make-stats-fixtures.py. */
export function expectedCases<T>(name: string): T[] {
  const path = join(__dirname, "..", "fixtures", "stats", `${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")).cases;
}

/** Fails unless `actual` is within `tolerance` of `expected`, relative to max(|expected|, floor). */
export function assertClose(
  actual: number | null,
  expected: number | null,
  what: string,
  { tolerance = 1e-9, floor = 1e-12 } = {},
): void {
  if (expected === null || actual === null) {
    assert.equal(actual, expected, what);
    return;
  }
  const allowed = tolerance * Math.max(Math.abs(expected), floor);
  assert.ok(Math.abs(actual - expected) <= allowed, `${what}: ${actual} is not ${expected}`);
}
