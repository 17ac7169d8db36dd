import * as tf from "@tensorflow/tfjs-core";
import type { AttentionMask } from "./attention-mask";
import type { Positions } from "./forward";

/**
 * Positions of a padded batch, as TransformerLens has them: position ids count the tokens, padding
 * has no position embedding, no query looks at padding, and a query that has only padding before it
 * looks nowhere.
 *
 * @param mask of the new positions, `[batch][T]`
 * @param pastMask of the earlier positions that are attended to as well, `[batch][S − T]`
 */
export function maskedPositions(mask: AttentionMask, pastMask: AttentionMask | null): Positions {
  const B = mask.length;
  const T = mask[0].length;
  const earlier = pastMask?.[0].length ?? 0;
  const S = earlier + T;
  const ids = new Int32Array(B * T);
  const isBlind = new Uint8Array(B * T);
  const bias = new Float32Array(B * T * S).fill(-Infinity);
  for (let row = 0; row < B; row++) {
    const isToken = [...(pastMask?.[row] ?? []), ...mask[row]];
    let tokens = isToken.slice(0, earlier).reduce((sum, value) => sum + value, 0);
    for (let t = 0; t < T; t++) {
      const query = row * T + t;
      tokens += mask[row][t];
      ids[query] = Math.max(tokens - 1, 0);
      isBlind[query] = tokens === 0 ? 1 : 0;
      for (let s = 0; s <= earlier + t; s++) if (isToken[s]) bias[query * S + s] = 0;
    }
  }
  return {
    ids: tf.tensor2d(ids, [B, T], "int32"),
    attentionBias: tf.tensor4d(bias, [B, 1, T, S]),
    isToken: tf.tensor3d(Float32Array.from(mask.flat()), [B, T, 1]),
    isBlind: isBlind.includes(1) ? tf.tensor4d(isBlind, [B, 1, T, 1], "bool") : undefined,
  };
}
