import * as tf from "@tensorflow/tfjs-core";
import { agreement, type Check, type Pair } from "../model/agreement";
import type { HookName } from "../model/hook-names";
import type { HookedTransformer } from "../model/hooked-transformer";
import { patch } from "./patch";

/** What is patched: values inside attention, of the MLP and of the stream. */
const PATCHED = ["z", "v", "post", "resid_pre"] as const;

const FACTOR = 1.5;
const READ: HookName = "unembed.hook_out";

/**
 * A patch at the last token, computed for what it can change only, equals a full run with a hook: in the first,
 * the middle and the last layer.
 *
 * @param prompts token ids
 */
export async function suffixCheck(
  model: HookedTransformer,
  prompts: readonly number[][],
): Promise<Check> {
  const { n_layers } = model.cfg;
  const layers = [...new Set([0, Math.floor(n_layers / 2), n_layers - 1])];
  const hooks = layers.flatMap((layer) => PATCHED.map((name) => [name, layer] as const));
  const variants = hooks.map((hook) => ({ hook, patch: ["scale", FACTOR] as const }));
  const { patched } = await patch(model, prompts, variants, { read: READ });
  const pairs = hooks.flatMap((hook, variant) =>
    prompts.map((tokens, prompt): Pair => {
      const reading = patched[variant][prompt]!;
      return [reading[READ as string], fullRun(model, tokens, hook)];
    }),
  );
  return agreement("suffix runs = full runs", pairs);
}

/** Unembedded last token `[d_vocab]` of the whole prompt, with the last position of one activation scaled. */
function fullRun(model: HookedTransformer, tokens: readonly number[], hook: HookName) {
  const scaleLast = (value: tf.Tensor) => {
    const factors = tf.tensor(
      tokens.map((_, at) => (at === tokens.length - 1 ? FACTOR : 1)),
      [1, tokens.length, ...Array<number>(value.rank - 2).fill(1)],
    );
    return tf.mul(value, factors);
  };
  const [, cache] = model.runWithCache(tokens, {
    fwdHooks: [[hook, scaleLast]],
    namesFilter: READ,
  });
  try {
    return tf.tidy(() => {
      const out = cache.get(READ);
      const last = tf.slice(out, [0, tokens.length - 1, 0], [1, 1, -1]);
      return last.dataSync<"float32">().slice();
    });
  } finally {
    cache.dispose();
  }
}
