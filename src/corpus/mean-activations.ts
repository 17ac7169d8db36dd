import * as tf from "@tensorflow/tfjs-core";
import type { HookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { batchesByLength, filledUpAtTheEnd } from "../model/length-batches";
import { breathe } from "../progress/interrupt";

/**
 * Means of activations over all positions of some texts, which run once.
 *
 * @param hooks activations of blocks, that stand at single positions
 * @returns `[size]` each
 */
export async function meanActivations(
  model: HookedTransformer,
  texts: readonly (readonly number[])[],
  hooks: readonly HookPoint[],
): Promise<ReadonlyMap<HookPoint, Float64Array>> {
  const sums = new Map(hooks.map((hook) => [hook, new Float64Array(hook.size!)]));
  const stopAtLayer = Math.max(...hooks.map((hook) => hook.layer())) + 1;
  for (const batch of batchesByLength(texts)) {
    const own = batch.map((text) => texts[text]);
    const padded = filledUpAtTheEnd(own);
    const { length } = padded[0];
    const rows = own.flatMap((ids, row) => ids.map((_, position) => row * length + position));
    const namesFilter = hooks.map(({ name }) => name);
    const [end, cache] = model.runWithCache(padded, { namesFilter, stopAtLayer });
    end.dispose();
    try {
      for (const [hook, sum] of sums) {
        const ofBatch = tf.tidy(() => {
          const activation = cache.get(hook.name);
          const flat = tf.reshape(activation, [own.length * length, hook.size!]);
          return tf.sum(tf.gather(flat, tf.tensor1d(rows, "int32")), 0).dataSync();
        });
        for (let i = 0; i < sum.length; i++) sum[i] += ofBatch[i];
      }
    } finally {
      cache.dispose();
    }
    await breathe();
  }
  const positions = texts.reduce((count, ids) => count + ids.length, 0);
  return new Map([...sums].map(([hook, sum]) => [hook, sum.map((value) => value / positions)]));
}
