import * as tf from "@tensorflow/tfjs-core";
import { randomStream } from "../stats/random-stream";
import { agreement, type Check } from "./agreement";
import type { HookName } from "./hook-names";
import type { HookedTransformer } from "./hooked-transformer";

/** Long enough to leave most windows, short enough for a large model. */
const LONGEST = 64;

/** Prompts of random tokens, of one token and of more than a window where that is not long, `[prompt][pos]`. */
export function checkPrompts({ cfg }: HookedTransformer): number[][] {
  const random = randomStream(0, "verify");
  const beyond = Math.max(24, (cfg.window_size ?? 0) + 4);
  const lengths = [1, 7, Math.min(beyond, LONGEST)];
  return lengths.map((length) =>
    Array.from({ length: Math.min(length, cfg.n_ctx) }, () => random.integer(0, cfg.d_vocab - 1)),
  );
}

/** Log-probabilities of every next token, `[pos · d_vocab]` a prompt. */
export function logProbabilities(
  model: HookedTransformer,
  prompts: readonly number[][],
): Float32Array[] {
  return prompts.map((tokens) =>
    tf.tidy(() => tf.logSoftmax(model.forward(tokens)).dataSync<"float32">().slice()),
  );
}

/** The residual stream at the end is the sum of everything that was written to it. */
export function residualCheck(model: HookedTransformer, prompts: readonly number[][]): Check {
  const { n_layers, positional_embedding_type } = model.cfg;
  const writes: HookName[] = [
    "hook_embed",
    ...(positional_embedding_type === "standard" ? (["hook_pos_embed"] as const) : []),
    ...Array.from({ length: n_layers }, (_, layer): HookName[] => [
      ["attn_out", layer],
      ["mlp_out", layer],
    ]).flat(),
  ];
  const pairs = prompts.map((tokens) => {
    const namesFilter = [...writes, ["resid_post", -1] as const];
    const [, cache] = model.runWithCache(tokens, { namesFilter, returnType: null });
    try {
      const sum = tf.tidy(() =>
        tf
          .addN(writes.map((name) => cache.get(name)))
          .dataSync()
          .slice(),
      );
      return [sum, cache.get("resid_post", -1).dataSync()] as const;
    } finally {
      cache.dispose();
    }
  });
  return agreement("residual stream = sum of writes", pairs);
}

/** Writing every activation back as it is changes nothing, bit for bit. */
export function noOpCheck(model: HookedTransformer, prompts: readonly number[][]): Check {
  const rewrite = (value: tf.Tensor) => tf.mul(value, 1);
  const everywhere = (name: string) => !name.endsWith("hook_result");
  const pairs = prompts.map((tokens) => {
    const logits = model.forward(tokens);
    const patched = model.runWithHooks(tokens, { fwdHooks: [[everywhere, rewrite]] });
    try {
      return [patched.dataSync(), logits.dataSync()] as const;
    } finally {
      tf.dispose([logits, patched]);
    }
  });
  return agreement("no-op patch, bit for bit", pairs, 0);
}
