import * as tf from "@tensorflow/tfjs-core";
import type { ActivationVisitor } from "./activation-visitor";
import type { AttentionMask } from "./attention-mask";
import type { ModelConfig } from "./config";
import { block, embed, type LayerKeysValues, unembed } from "./forward";
import type { HookPoint } from "./hook-points";
import { disposeKeysValues } from "./key-value-cache";
import { causalPositions, maskedPositions, type Positions } from "./positions";
import type { RunInput } from "./run-input";
import type { ModelWeights } from "./weights";

interface Runnable {
  readonly cfg: ModelConfig;
  readonly weights: ModelWeights;
}

/**
 * Runs the layers that `input` asks for, one tidy a layer, and adds to its key/value cache.
 *
 * @returns logits `[batch, pos, d_vocab]`, or the residual stream `[batch, pos, d_model]` where it stops
 */
export function runLayers(
  { cfg, weights }: Runnable,
  input: RunInput,
  at: ActivationVisitor | undefined,
  useAttnResult: boolean,
): tf.Tensor3D {
  const { past, residual: given, start, stop } = input;
  const made: LayerKeysValues[] = [];
  const remember = (_layer: number, { k, v }: LayerKeysValues) => {
    made.push({ k: tf.keep(tf.clone(k)), v: tf.keep(tf.clone(v)) });
  };
  try {
    const result = tf.tidy(() => {
      const positions = positionsOf(cfg, input);
      const options = { at, useAttnResult, remember: past && !past.frozen ? remember : undefined };
      const entering = given
        ? tf.clone(given)
        : embed(weights, tokensOf(input), positions, options);
      const throughBlocks = (rows: tf.Tensor3D) => {
        let residual = rows;
        for (let layer = start; layer < (stop ?? cfg.n_layers); layer++) {
          const next = tf.tidy(() =>
            block(weights.blocks[layer], cfg, layer, residual, positions, {
              ...options,
              past: past?.layer(layer),
            }),
          );
          // A hook may have kept the residual stream for itself.
          if (!residual.kept) residual.dispose();
          residual = next;
        }
        return residual;
      };
      const isAlike = !at && !past && !input.mask;
      const residual = isAlike ? inParts(entering, throughBlocks) : throughBlocks(entering);
      return stop === null ? unembed(weights, cfg, residual, options) : residual;
    });
    if (past && !past.frozen) past.replace(made, wholeMask(input));
    return result;
  } catch (error) {
    disposeKeysValues(made);
    throw error;
  }
}

/** Tokens whose activations are computed together where nobody looks at them: more are no faster, and what they took stays with the C library. */
const MOST_TOKENS = 512;

/** Some rows after the other, so that their activations take little memory. */
function inParts(whole: tf.Tensor3D, work: (rows: tf.Tensor3D) => tf.Tensor3D): tf.Tensor3D {
  const [B, T] = whole.shape;
  const rows = Math.max(Math.floor(MOST_TOKENS / T), 1);
  if (B <= rows) return work(whole);
  const parts: tf.Tensor3D[] = [];
  for (let from = 0; from < B; from += rows) {
    parts.push(work(tf.slice3d(whole, [from, 0, 0], [Math.min(rows, B - from), -1, -1])));
  }
  return tf.concat3d(parts, 0);
}

/** Whether a run computes an activation. */
export function computes(
  { residual, start, stop }: RunInput,
  point: HookPoint,
  cfg: Pick<ModelConfig, "n_layers">,
): boolean {
  const layer = point.layer();
  if (layer < 0) return residual === null;
  return layer === cfg.n_layers ? stop === null : layer >= start && (stop === null || layer < stop);
}

function tokensOf({ tokens, batchSize, length }: RunInput): tf.Tensor2D {
  return tf.tensor2d(tokens!.flat(), [batchSize, length], "int32");
}

function positionsOf(cfg: ModelConfig, input: RunInput): Positions {
  const { past, mask, batchSize, length } = input;
  const pastMask = past?.maskFor(batchSize) ?? null;
  if (!mask && !pastMask?.some((row) => row.includes(0))) {
    return causalPositions(cfg, length, past?.length ?? 0);
  }
  return maskedPositions(cfg, mask ?? ones(batchSize, length), pastMask);
}

/** The mask of the earlier positions and the new ones. */
function wholeMask({ past, mask, batchSize, length }: RunInput): AttentionMask {
  const earlier = past!.maskFor(batchSize);
  return (mask ?? ones(batchSize, length)).map((row, index) => [
    ...(earlier?.[index] ?? []),
    ...row,
  ]);
}

function ones(rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => Array<number>(columns).fill(1));
}
