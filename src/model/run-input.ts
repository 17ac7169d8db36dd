import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type AttentionMask, checkMask, type PaddingSide, padBatch } from "./attention-mask";
import type { ModelConfig } from "./config";
import { resolveLayer } from "./hook-points";
import { KeyValueCache } from "./key-value-cache";
import { shown } from "./shown";
import { type ModelInput, type PromptEncoder, type TokenOptions, tokenBatch } from "./token-batch";

export interface RunInputOptions extends TokenOptions {
  /** Stop before this block: the result is its `resid_pre` `[batch, pos, d_model]`. Negative counts from the end. */
  readonly stopAtLayer?: number;
  /** Start before this block: the input is then its `resid_pre` `[batch, pos, d_model]`. Negative counts from the end. */
  readonly startAtLayer?: number;
  /** Fill shorter sequences up on this side; without it sequences of different lengths are refused. */
  readonly paddingSide?: PaddingSide;
  /** For a batch that is padded already: 1 at tokens and 0 at padding, `[batch][pos]`. */
  readonly attentionMask?: AttentionMask;
  /** Keys and values of earlier positions; the new ones are added unless it is frozen. */
  readonly pastKvCache?: KeyValueCache;
  /** The tokens of a residual stream given with `startAtLayer`, for the loss. */
  readonly tokens?: ModelInput | tf.Tensor;
}

/** What a run computes, checked. */
export interface RunInput {
  readonly batchSize: number;
  /** New positions. */
  readonly length: number;
  /** null in a run from a residual stream without tokens. */
  readonly tokens: readonly (readonly number[])[] | null;
  /** null in a run from tokens. */
  readonly residual: tf.Tensor3D | null;
  /** null if nothing is padding. */
  readonly mask: AttentionMask | null;
  /** First block that is run. */
  readonly start: number;
  /** Block before which the run stops; null if it goes on to the logits. */
  readonly stop: number | null;
  readonly past: KeyValueCache | null;
}

interface ModelParts {
  readonly cfg: ModelConfig;
  readonly promptEncoder: PromptEncoder | null;
}

/**
 * Checks what a model is to run, before the tensor engine sees any of it.
 *
 * @throws InputError if the input is empty, ragged, too long, outside the vocabulary, of the wrong
 *   rank or dtype, or contradicts its options.
 */
export function runInput(
  input: ModelInput | tf.Tensor,
  model: ModelParts,
  options: RunInputOptions,
): RunInput {
  const { cfg } = model;
  const { startAtLayer, stopAtLayer } = options;
  const past = checkedPast(options.pastKvCache);
  const start = startAtLayer === undefined ? 0 : layerOrEnd(startAtLayer, cfg, "startAtLayer");
  const stop = stopAtLayer === undefined ? null : layerOrEnd(stopAtLayer, cfg, "stopAtLayer");
  if (stop !== null && stop < start) {
    throw new InputError("stopAtLayer is before startAtLayer", {
      found: `${stop} and ${start}`,
      expected: "a block that is not before the first one",
    });
  }
  const given =
    startAtLayer === undefined
      ? { ...batchOf(input, model, options), residual: null }
      : { ...batchOfResidual(input, model, options) };
  const batchSize = given.residual?.shape[0] ?? given.tokens!.length;
  const length = given.residual?.shape[1] ?? given.tokens![0].length;
  if (past) checkPast(past, cfg, batchSize, length, { start, stop });
  const mask = isGiven(options.attentionMask)
    ? checkMask(options.attentionMask, batchSize, length)
    : given.mask;
  return { ...given, batchSize, length, mask, start, stop, past };
}

function isGiven<T>(option: T | null | undefined): option is T {
  return option !== undefined && option !== null;
}

/** A block's index, or n_layers for the residual stream after the last block. */
function layerOrEnd(layer: number, cfg: ModelConfig, what: string): number {
  return layer === cfg.n_layers ? layer : resolveLayer(layer, cfg, what);
}

function batchOf(
  input: ModelInput | tf.Tensor,
  { cfg, promptEncoder }: ModelParts,
  options: RunInputOptions,
) {
  const ids = input instanceof tf.Tensor ? tokenIds(input) : input;
  const batch = tokenBatch(ids, cfg, promptEncoder, options);
  // Hugging Face and TransformerLens pad with the end-of-sequence token.
  const { eos_token_id: eos } = cfg;
  return padBatch(batch, options.paddingSide, eos !== null && eos < cfg.d_vocab ? eos : 0);
}

function batchOfResidual(
  input: ModelInput | tf.Tensor,
  model: ModelParts,
  { attentionMask: _, ...options }: RunInputOptions,
) {
  const residual = checkResidual(input, model.cfg);
  const { tokens, mask } = isGiven(options.tokens)
    ? batchOf(options.tokens, model, options)
    : { tokens: null, mask: null };
  const [B, T] = residual.shape;
  if (tokens && (tokens.length !== B || tokens[0].length !== T)) {
    throw new InputError("the tokens are not those of the residual stream", {
      found: `[${tokens.length}, ${tokens[0].length}]`,
      expected: `[${B}, ${T}]`,
    });
  }
  return { tokens, mask, residual };
}

function tokenIds(tensor: tf.Tensor): number[] | number[][] {
  checkAlive(tensor);
  if (tensor.dtype === "int32" && (tensor.rank === 1 || tensor.rank === 2)) {
    return tensor.arraySync() as number[] | number[][];
  }
  throw new InputError("a tensor that is no token ids", {
    found: describe(tensor),
    expected: "int32 [pos] or [batch, pos]",
    remedy: "To run from a residual stream, give startAtLayer.",
  });
}

function checkResidual(input: unknown, { d_model, n_ctx }: ModelConfig): tf.Tensor3D {
  const expected = `a float32 tensor [batch, pos, ${d_model}]`;
  if (!(input instanceof tf.Tensor)) {
    throw new InputError("with startAtLayer the input is a residual stream", {
      found: Array.isArray(input) ? "a list" : shown(input),
      expected,
    });
  }
  checkAlive(input);
  if (input.rank !== 3 || input.dtype !== "float32" || input.shape[2] !== d_model || !input.size) {
    throw new InputError("this is not a residual stream of this model", {
      found: describe(input),
      expected,
    });
  }
  checkContext(input.shape[1]!, 0, n_ctx);
  checkFinite(input);
  return input as tf.Tensor3D;
}

function checkFinite(residual: tf.Tensor): void {
  // Zero times NaN or infinity is NaN.
  const [zero] = tf.tidy(() => tf.sum(tf.mul(residual, 0)).dataSync());
  if (zero === 0) return;
  throw new InputError("the residual stream holds numbers that are not finite");
}

function checkAlive(tensor: tf.Tensor): void {
  if (tensor.isDisposed) throw new InputError("the input tensor was disposed");
}

function describe({ dtype, shape }: tf.Tensor): string {
  return `${dtype} [${shape.join(", ")}]`;
}

function checkedPast(past: unknown): KeyValueCache | null {
  if (!isGiven(past)) return null;
  if (past instanceof KeyValueCache) return past;
  throw new InputError("pastKvCache is no KeyValueCache", { found: shown(past) });
}

function checkPast(
  past: KeyValueCache,
  cfg: ModelConfig,
  batchSize: number,
  length: number,
  { start, stop }: Pick<RunInput, "start" | "stop">,
): void {
  past.check(cfg, batchSize);
  checkContext(length, past.length, cfg.n_ctx);
  if (!past.frozen && (start > 0 || (stop !== null && stop < cfg.n_layers))) {
    throw new InputError("a run of some layers cannot add to a key/value cache", {
      remedy: "Freeze the cache, or run all layers.",
    });
  }
}

function checkContext(length: number, before: number, n_ctx: number): void {
  if (before + length <= n_ctx) return;
  throw new InputError("the run is longer than the model's context", {
    found:
      before > 0 ? `${before} positions in the cache and ${length} new` : `${length} positions`,
    expected: `at most ${n_ctx}`,
  });
}
