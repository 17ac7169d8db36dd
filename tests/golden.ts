import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file or folder of tests/fixtures. */
export function fixture(...parts: string[]): string {
  return join(__dirname, "fixtures", ...parts);
}

/** Golden numbers made by PyTorch, TransformerLens and scikit-learn. */
export function golden(): Record<string, unknown> & {
  sequences: number[][];
  heads: Record<string, unknown>;
} {
  return JSON.parse(readFileSync(fixture("golden-a", "golden.json"), "utf8"));
}

export function goldenSequences(): number[][] {
  return golden().sequences;
}

/** Largest difference, relative to the expected tensor's largest finite magnitude; equal infinities agree. */
export function relativeToLargest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  let difference = 0;
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i]) continue;
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    if (Number.isNaN(actual[i])) return Number.POSITIVE_INFINITY;
  }
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference === 0 ? 0 : difference / largest;
}
