import { keyValueHeads, type ModelConfig } from "../model/config";
import type { ResolvedPatch } from "./place";

/**
 * What is said of heads of keys and values that are patched (or have one number patched) and that several
 * query heads read: which those are.
 *
 * @returns one sentence; none where each query head has keys and values of its own, or none is patched
 */
export function sharedHeadWarnings(
  variants: readonly (readonly ResolvedPatch[])[],
  cfg: ModelConfig,
): string[] {
  const heads = keyValueHeads(cfg);
  const each = cfg.n_heads / heads;
  if (each === 1) return [];
  const patched = new Set<number>();
  for (const { hook, head, index } of variants.flat()) {
    if (hook.heads !== heads) continue;
    if (head !== null) patched.add(head);
    else if (index !== null) patched.add(Math.floor(index / hook.sizePerHead!));
  }
  if (patched.size === 0) return [];
  const readers = [...patched]
    .sort((a, b) => a - b)
    .map((head) => `${head} by ${head * each} to ${(head + 1) * each - 1}`);
  return [`each head of keys and values is read by ${each} query heads: ${readers.join(", ")}`];
}
