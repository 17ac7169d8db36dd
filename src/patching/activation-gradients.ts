import * as tf from "@tensorflow/tfjs-core";
import { measurePrompts, type PromptInput } from "../heads/measured-prompts";
import type { HookName } from "../model/hook-names";
import { hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { gradientsAt } from "./attribution-patching";
import { cleanRun } from "./clean-run";
import type { CleanRuns } from "./clean-runs";
import { neededActivations } from "./suffix-run";

/**
 * How one number of an activation changes with another activation before it, both at each prompt's last
 * token, on the clean run.
 *
 * @param of the number: an activation and an index in it
 * @param at the activation before it, such as `["resid_pre", 2]`
 * @returns `[prompt][size of at]`
 * @param options `clean`: unpatched runs that are kept for several calls
 * @throws InputError if there is no prompt, one cannot be run, or a hook is none of the model's.
 * @example
 * const rows = activationGradients(model, ["Once upon"], { hook: ["pre", 2], index: 7 }, ["resid_pre", 2]);
 */
export function activationGradients(
  model: HookedTransformer,
  prompts: PromptInput,
  of: { readonly hook: HookName; readonly index: number },
  at: HookName,
  { clean: kept }: { readonly clean?: CleanRuns } = {},
): Float32Array[] {
  const { tokens } = measurePrompts({ model }, prompts);
  const [read, changed] = [hookPoint(of.hook, model.cfg), hookPoint(at, model.cfg)];
  const captured = [...neededActivations(changed.start, [read], model.cfg), changed];
  const all = tokens.map((_, i) => i);
  const hooks = [...new Set(captured)];
  const clean = kept ? kept.run(model, tokens, all, hooks) : cleanRun(model, tokens, all, hooks);
  try {
    const gradients = gradientsAt(model, clean, [changed], changed.start, {
      hook: read,
      captured: [],
      scalar: (activation) => tf.sum(tf.slice2d(activation, [0, of.index], [-1, 1])) as tf.Scalar,
    });
    const flat = gradients.get(changed)!;
    const size = flat.length / tokens.length;
    return tokens.map((_, i) => flat.slice(i * size, (i + 1) * size));
  } finally {
    clean.dispose();
  }
}
