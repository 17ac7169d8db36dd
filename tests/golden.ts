import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A file or folder of tests/fixtures. */
export function fixture(...parts: string[]): string {
  return join(__dirname, "fixtures", ...parts);
}

/** Activations and predictions, one a sequence. */
export interface Runs {
  readonly activation: number[];
  readonly prediction: number[];
}

interface Fit {
  readonly slope: number;
  readonly intercept: number;
}

/** What golden.json says of one head. */
export interface GoldenHead {
  readonly dir: string;
  readonly hook: string;
  readonly features: number[][];
  readonly baseline: Runs & { readonly correlation: number };
  readonly experiments: readonly (Runs & { readonly patch: [string, number] })[];
  readonly scaling: readonly (Runs & { readonly patch: [string, number] })[];
  readonly regression: Fit & { readonly r_squared: number };
  readonly per_input: readonly (Fit & { readonly r2: number })[];
  readonly linear_weights: number[];
  readonly sim_with_input: number;
  readonly sim_with_output: number;
  readonly sim_unembed_with_input?: number;
  readonly stats: Record<"linear" | "mlp_in" | "mlp_out", Record<string, number>>;
  readonly pca: { readonly points: number[][]; readonly explained_variance_ratio: number[] };
}

/** Golden numbers made by PyTorch, TransformerLens and scikit-learn. */
export function golden(): {
  readonly sequences: number[][];
  readonly scale_factors: number[];
  readonly heads: Readonly<Record<string, GoldenHead>>;
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
