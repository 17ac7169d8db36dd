/** Tokens of one batch, padding included: bounds the memory of a pass. */
export const TOKENS_PER_BATCH = 2048;

/**
 * Indices of prompts, sorted by length, so that a batch needs little padding.
 *
 * @param tokensPerBatch a prompt that is longer is a batch of its own
 */
export function batchesByLength(
  prompts: readonly (readonly number[])[],
  tokensPerBatch = TOKENS_PER_BATCH,
): number[][] {
  const order = [...prompts.keys()].sort((a, b) => prompts[a].length - prompts[b].length || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    if (batch.length > 0 && (batch.length + 1) * prompts[index].length > tokensPerBatch) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}

/** Shorter prompts are padded at the end, where no earlier token can see it. */
const PADDING = 0;

/** Prompts of one batch, filled up to the longest. */
export function filledUpAtTheEnd(prompts: readonly (readonly number[])[]): number[][] {
  const length = Math.max(...prompts.map((ids) => ids.length));
  return prompts.map((ids) => Array.from({ length }, (_, position) => ids[position] ?? PADDING));
}
