import type { MeasuredPrompts } from "../heads/measured-prompts";
import type { HookPointName } from "../model/hook-names";
import type { HookedTransformer } from "../model/hooked-transformer";

/**
 * An activation at each prompt's measured position, unpatched.
 *
 * @param hook its long name; nothing after the last block
 * @returns `[prompt][size]`
 */
export function measuredActivations(
  model: HookedTransformer,
  { tokens }: MeasuredPrompts,
  hook: HookPointName,
): Float32Array[] {
  return tokens.map((ids) => {
    const [end, cache] = model.runWithCache(ids, {
      namesFilter: hook,
      stopAtLayer: model.cfg.n_layers,
    });
    const data = cache.get(hook).dataSync<"float32">() as Float32Array;
    const size = data.length / ids.length;
    end.dispose();
    cache.dispose();
    return data.slice(data.length - size);
  });
}
