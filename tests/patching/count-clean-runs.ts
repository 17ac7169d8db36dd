import type { HookedTransformer } from "../../src/model/hooked-transformer";

/**
 * Counts how often a model is run on whole prompts; patched runs do not go through `runWithCache`.
 *
 * @param prompts only runs of these count; filled up with 0 on the right as they may be
 */
export function countCleanRuns(
  model: HookedTransformer,
  prompts: readonly (readonly number[])[],
): { passes(): number; names(): string[][]; stop(): void } {
  const run = model.runWithCache.bind(model);
  const names: string[][] = [];
  let rows = 0;
  const isOne = (ids: readonly number[]) =>
    prompts.some((prompt) => ids.every((id, t) => id === (prompt[t] ?? 0)));
  model.runWithCache = ((input: readonly number[] | readonly number[][], options) => {
    const batch = (Array.isArray(input[0]) ? input : [input]) as readonly number[][];
    const own = batch.filter(isOne).length;
    rows += own;
    if (own > 0) names.push([options?.namesFilter ?? []].flat() as string[]);
    return run(input as number[][], options);
  }) as HookedTransformer["runWithCache"];
  return {
    passes: () => rows / prompts.length,
    names: () => names,
    stop: () => {
      delete (model as Partial<HookedTransformer>).runWithCache;
    },
  };
}
