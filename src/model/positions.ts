import * as tf from "@tensorflow/tfjs-core";
import type { AttentionMask } from "./attention-mask";
import type { ModelConfig } from "./config";
import { type RotaryAngles, rotaryAngles } from "./rotary-positions";

/** How the new positions of a batch stand to each other and to the past. */
export interface Positions {
  /** The position of each new token, int32 `[B, T]` or `[1, T]`: its row of `W_pos`. */
  readonly ids: tf.Tensor2D;
  /** Added to attention scores: 0 where a query may look, −∞ where not; `[B or 1, 1, T, S]`. */
  readonly attentionBias: tf.Tensor4D;
  /** The same in layers that look back only so far as their window; null in models without. */
  readonly localBias: tf.Tensor4D | null;
  /** By what queries and keys are turned; null in models with learned positions. */
  readonly rotary: RotaryAngles | null;
  /** In padded batches, 1 at tokens and 0 at padding, which gets no position embedding; `[B, T, 1]`. */
  readonly isToken?: tf.Tensor3D;
  /** In padded batches, queries with nothing to look at: their pattern is zero; bool `[B, 1, T, 1]`. */
  readonly isBlind?: tf.Tensor4D;
}

/** Which keys the queries of a batch see. */
export interface KeysSeen {
  /** Rows of the batch, 1 if all are alike. */
  readonly rows: number;
  /** New positions. */
  readonly queries: number;
  /** Positions attended to, earlier ones first. */
  readonly keys: number;
  /** The keys that a query sees, the last `window` positions up to its own, as ranges `[from, to)`. */
  seen(
    row: number,
    query: number,
    window: number,
  ): readonly (readonly [from: number, to: number])[];
}

/** What each query sees: every key up to its own position, in local layers only those in its window. */
export function attentionBiases(
  { window_size }: ModelConfig,
  { rows, queries, keys, seen }: KeysSeen,
): Pick<Positions, "attentionBias" | "localBias"> {
  const within = (window: number) => {
    const bias = new Float32Array(rows * queries * keys).fill(-Infinity);
    for (let row = 0; row < rows; row++) {
      for (let query = 0; query < queries; query++) {
        const start = (row * queries + query) * keys;
        for (const [from, to] of seen(row, query, window)) bias.fill(0, start + from, start + to);
      }
    }
    return tf.tensor4d(bias, [rows, 1, queries, keys]);
  };
  return {
    attentionBias: within(keys),
    localBias: window_size === null ? null : within(window_size),
  };
}

/** Positions `start … start + length − 1` of unpadded text, each seeing itself and all before. */
export function causalPositions(config: ModelConfig, length: number, start = 0): Positions {
  const ids = Int32Array.from({ length }, (_, i) => start + i);
  return {
    ids: tf.tensor2d(ids, [1, length], "int32"),
    rotary: rotaryAngles(config, ids, [1, length]),
    ...attentionBiases(config, {
      ...{ rows: 1, queries: length, keys: start + length },
      seen: (_, query, window) => [[Math.max(start + query + 1 - window, 0), start + query + 1]],
    }),
  };
}

/**
 * Positions of a padded batch, as TransformerLens has them: position ids count the tokens, padding
 * has no position embedding, no query looks at padding, and a query that has only padding before it
 * looks nowhere.
 *
 * @param mask of the new positions, `[batch][T]`
 * @param pastMask of the earlier positions that are attended to as well, `[batch][S − T]`
 */
export function maskedPositions(
  config: ModelConfig,
  mask: AttentionMask,
  pastMask: AttentionMask | null,
): Positions {
  const B = mask.length;
  const T = mask[0].length;
  const earlier = pastMask?.[0].length ?? 0;
  const isToken = mask.map((row, i) => [...(pastMask?.[i] ?? []), ...row]);
  // The position of the last token up to each place; −1 before the first.
  const places = isToken.map((row) => {
    let tokens = 0;
    return row.map((one) => {
      tokens += one;
      return tokens - 1;
    });
  });
  const ids = new Int32Array(B * T);
  const isBlind = new Uint8Array(B * T);
  places.forEach((row, i) => {
    for (let t = 0; t < T; t++) {
      ids[i * T + t] = Math.max(row[earlier + t], 0);
      isBlind[i * T + t] = row[earlier + t] < 0 ? 1 : 0;
    }
  });
  return {
    ids: tf.tensor2d(ids, [B, T], "int32"),
    rotary: rotaryAngles(config, ids, [B, T]),
    ...attentionBiases(config, {
      ...{ rows: B, queries: T, keys: earlier + T },
      seen(row, query, window) {
        const at = places[row][earlier + query];
        return Array.from({ length: earlier + query + 1 }, (_, key) => key)
          .filter((key) => isToken[row][key] && places[row][key] > at - window)
          .map((key) => [key, key + 1] as const);
      },
    }),
    isToken: tf.tensor3d(Float32Array.from(mask.flat()), [B, T, 1]),
    isBlind: isBlind.includes(1) ? tf.tensor4d(isBlind, [B, 1, T, 1], "bool") : undefined,
  };
}
