import type { HookPointName } from "../model/hook-names";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { RunPrompt } from "../results/evidence-parts";

/**
 * An activation at each prompt's measured position, unpatched.
 *
 * @param hook its long name; nothing after the last block
 * @returns `[prompt][size]`
 */
export function measuredActivations(
  model: HookedTransformer,
  prompts: readonly RunPrompt[],
  hook: HookPointName,
): Float32Array[] {
  return prompts.map(({ tokens, position }) => {
    const [end, cache] = model.runWithCache(tokens.slice(0, position + 1), {
      namesFilter: hook,
      stopAtLayer: model.cfg.n_layers,
    });
    const data = cache.get(hook).dataSync<"float32">() as Float32Array;
    const size = data.length / (position + 1);
    end.dispose();
    cache.dispose();
    return data.slice(position * size);
  });
}
