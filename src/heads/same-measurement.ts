/**
 * Of each prompt the first that is the same up to the measured token: one measurement, however often
 * it is given.
 *
 * @param measured token ids up to the measured one
 * @returns `[prompt]` index of the first that is the same, its own where it is the first
 *
 * @example
 * firstOfEach([[5, 1], [7], [5, 1]]); // [0, 1, 0]
 */
export function firstOfEach(measured: readonly (readonly number[])[]): number[] {
  const seen = new Map<string, number>();
  return measured.map((tokens, i) => {
    const key = tokens.join(" ");
    if (!seen.has(key)) seen.set(key, i);
    return seen.get(key)!;
  });
}

/**
 * The prompts that are measurements of their own, in their order.
 *
 * @param measured token ids up to the measured one
 *
 * @example
 * distinctPrompts([[5, 1], [7], [5, 1]]); // [0, 1]
 */
export function distinctPrompts(measured: readonly (readonly number[])[]): number[] {
  return [...new Set(firstOfEach(measured))];
}
