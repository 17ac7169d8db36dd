/**
 * The residual stream taken apart, as TransformerLens's `ActivationCache` does it. Stacks have the
 * components on the first axis: `[component, batch, pos, d_model]`.
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type AxisSlice, sliceAxis } from "./axis-slice";
import type { ModelConfig } from "./config";
import type { CachedName } from "./hook-names";
import { resolveLayer } from "./hook-points";
import { norm } from "./norm";
import { shown } from "./shown";
import type { ModelWeights } from "./weights";

/** The activations of one run, and the model that they are of. */
export interface CachedRun {
  readonly cfg: ModelConfig;
  readonly weights: ModelWeights;
  has(...name: CachedName): boolean;
  get(...name: CachedName): tf.Tensor;
}

/** Components side by side, the first axis of `stack`, and what each of them is. Dispose the stack. */
export interface LabelledStack {
  readonly stack: tf.Tensor;
  readonly labels: readonly string[];
}

/** The block whose input is meant; n_layers, −1 or nothing mean the unembedding. */
export type StackLayer = number | null | undefined;

export interface StackOptions {
  /** Positions to take. */
  readonly posSlice?: AxisSlice;
  /** Apply the layer norm that reads this residual stream. */
  readonly applyLn?: boolean;
}

export interface AccumulatedResidOptions extends StackOptions {
  /** Also the residual stream between attention and MLP of each earlier block. */
  readonly inclMid?: boolean;
  /** Also that of `layer` itself: what its MLP reads. */
  readonly mlpInput?: boolean;
}

export interface DecomposeResidOptions extends StackOptions {
  /** Up to what the MLP of `layer` reads, rather than its attention. */
  readonly mlpInput?: boolean;
  /** Which components: all, or only those of MLPs or attention. */
  readonly mode?: "all" | "mlp" | "attn";
  /** With the token and position embeddings (default). */
  readonly inclEmbeds?: boolean;
}

export interface StackHeadResultsOptions extends StackOptions {
  /** Also a last component: the rest of the residual stream. */
  readonly inclRemainder?: boolean;
}

export interface ApplyLnOptions {
  /** The layer norm before the MLP of `layer`, rather than that before its attention. */
  readonly mlpInput?: boolean;
  /** Positions that were taken of the stack; only the cached scale is sliced. */
  readonly posSlice?: AxisSlice;
  /** Sequences to take, of the stack and the cached scale. */
  readonly batchSlice?: AxisSlice;
  /** At the unembedding: scale each component by its own deviation, for a logit lens. */
  readonly recomputeLn?: boolean;
}

/** The residual stream before each block up to `layer`, and at the end. Labels `0_pre`, `0_mid`, `final_post`. */
export function accumulatedResid(
  run: CachedRun,
  layer: StackLayer,
  { inclMid = false, mlpInput = false, applyLn = false, posSlice }: AccumulatedResidOptions,
): LabelledStack {
  const { n_layers } = run.cfg;
  const last = stackLayer(layer, run.cfg, mlpInput);
  const components: [string, tf.Tensor][] = [];
  for (let l = 0; l <= last; l++) {
    if (l === n_layers) {
      components.push(["final_post", run.get("resid_post", n_layers - 1)]);
      continue;
    }
    components.push([`${l}_pre`, run.get("resid_pre", l)]);
    const readsMid = mlpInput && !run.cfg.parallel_attn_mlp;
    if ((inclMid && l < last) || (readsMid && l === last)) {
      components.push([`${l}_mid`, run.get("resid_mid", l)]);
    }
  }
  return finished(run, stacked(components, posSlice), last, applyLn, {
    posSlice,
    mlpInput,
    recomputeLn: last === n_layers,
  });
}

/** What was written to the residual stream before `layer`. Labels `embed`, `pos_embed`, `0_attn_out`, `0_mlp_out`. */
export function decomposeResid(
  run: CachedRun,
  layer: StackLayer,
  {
    mlpInput = false,
    mode = "all",
    applyLn = false,
    posSlice,
    inclEmbeds = true,
  }: DecomposeResidOptions,
): LabelledStack {
  if (mode !== "all" && mode !== "mlp" && mode !== "attn") {
    throw new InputError("not a mode", {
      found: shown(mode),
      expected: `"all", "mlp" or "attn"`,
    });
  }
  const last = stackLayer(layer, run.cfg, mlpInput);
  const components: [string, tf.Tensor][] = [];
  if (inclEmbeds) {
    components.push(["embed", run.get("hook_embed")]);
    if (run.weights.W_pos) components.push(["pos_embed", run.get("hook_pos_embed")]);
  }
  const readsAttn = mlpInput && !run.cfg.parallel_attn_mlp;
  for (let l = 0; l < last + (readsAttn ? 1 : 0); l++) {
    if (mode !== "mlp") components.push([`${l}_attn_out`, run.get("attn_out", l)]);
    if (mode !== "attn" && l < last) components.push([`${l}_mlp_out`, run.get("mlp_out", l)]);
  }
  if (components.length === 0) throw noComponents("decomposeResid");
  return finished(run, stacked(components, posSlice), last, applyLn, { posSlice, mlpInput });
}

/** What each attention head before `layer` wrote, without b_O. Labels `L0H0`, `remainder`. */
export function stackHeadResults(
  run: CachedRun,
  layer: StackLayer,
  { inclRemainder = false, applyLn = false, posSlice }: StackHeadResultsOptions,
): LabelledStack {
  const last = stackLayer(layer, run.cfg, false);
  if (last === 0 && !inclRemainder) throw noComponents("stackHeadResults");
  const labels: string[] = [];
  const stack = tf.tidy(() => {
    const parts: tf.Tensor[] = [];
    for (let l = 0; l < last; l++) {
      parts.push(headsFirst(run, l, posSlice));
      for (let h = 0; h < run.cfg.n_heads; h++) labels.push(`L${l}H${h}`);
    }
    if (inclRemainder) {
      const whole = last > 0 ? run.get("resid_post", last - 1) : run.get("resid_pre", 0);
      const heads = parts.map((part) => tf.sum(part, 0));
      const rest = sliceAxis(whole, 1, posSlice, "posSlice");
      parts.push(tf.expandDims(heads.length > 0 ? tf.sub(rest, tf.addN(heads)) : rest, 0));
      labels.push("remainder");
    }
    return tf.concat(parts, 0);
  });
  return finished(run, { stack, labels }, last, applyLn, { posSlice });
}

/**
 * `[n_heads, batch, pos, d_model]`, from `hook_result` or computed from `hook_z`; behind a norm of what
 * attention gives, as the norm let it through.
 */
function headsFirst(run: CachedRun, layer: number, posSlice: AxisSlice | undefined): tf.Tensor {
  const results = headResults(run, layer, posSlice);
  const { ln1_post } = run.weights.blocks[layer];
  if (!run.cfg.use_normalization_before_and_after) return results;
  const scale = sliceAxis(run.get("scale", layer, "ln1_post"), 1, posSlice, "posSlice");
  const normed = normedBy(run.cfg, results, scale);
  return ln1_post ? tf.mul(normed, ln1_post.w) : normed;
}

function headResults(run: CachedRun, layer: number, posSlice: AxisSlice | undefined): tf.Tensor {
  const kept = run.has("result", layer);
  const source = sliceAxis(run.get(kept ? "result" : "z", layer), 1, posSlice, "posSlice");
  const heads = source.rank - 2;
  const byHead = tf.transpose(source, [
    heads,
    ...source.shape.map((_, axis) => axis).filter((axis) => axis !== heads),
  ]);
  if (kept) return byHead;
  const { n_heads: H, d_head: K, d_model: D } = run.cfg;
  const flat = tf.reshape(byHead, [H, byHead.size / (H * K), K]);
  const W_O = tf.reshape(run.weights.blocks[layer].attn.W_O, [H, K, D]);
  return tf.reshape(tf.matMul(flat, W_O), [...byHead.shape.slice(0, -1), D]);
}

/**
 * Centres components of the residual stream (not for an RMS norm) and divides them by the cached scale
 * of the norm that reads it: what each contributes to that layer's input. (A norm's own scale and shift
 * are applied only where it is recomputed.)
 *
 * @param stack `[component, batch, pos, d_model]`, with the batch and position axes as they are cached
 *   or sliced
 */
export function applyLnToStack(
  run: CachedRun,
  stack: tf.Tensor,
  layer: StackLayer,
  { mlpInput = false, posSlice, batchSlice, recomputeLn = false }: ApplyLnOptions = {},
): tf.Tensor {
  const { cfg, weights } = run;
  const index = stackLayer(layer, cfg, mlpInput);
  checkStack(stack, cfg);
  return tf.tidy(() => {
    const chosen = sliceAxis(stack, 1, batchSlice, "batchSlice");
    if (recomputeLn && index === cfg.n_layers) {
      const flat = tf.reshape(chosen, [1, -1, cfg.d_model]) as tf.Tensor3D;
      return tf.reshape(
        norm(weights.ln_final, cfg, flat, "ln_final", (_name, value) => value),
        chosen.shape,
      );
    }
    const cached =
      index === cfg.n_layers ? run.get("scale") : run.get("scale", index, mlpInput ? "ln2" : "ln1");
    const atPositions = sliceAxis(cached, 1, posSlice, "posSlice");
    const scale = sliceAxis(atPositions, 0, batchSlice, "batchSlice");
    checkFits(chosen, scale);
    return normedBy(cfg, chosen, scale);
  });
}

/** Components of a norm's input as a norm of that scale lets them through. Call it in a tidy. */
function normedBy(
  { normalization_type }: ModelConfig,
  stack: tf.Tensor,
  scale: tf.Tensor,
): tf.Tensor {
  const isCentred = normalization_type === "LN";
  return tf.div(isCentred ? tf.sub(stack, tf.mean(stack, -1, true)) : stack, scale);
}

/**
 * A block's index, or n_layers for the unembedding.
 *
 * @throws InputError if there is no such block, or the MLP of the unembedding is asked for.
 */
function stackLayer(layer: StackLayer, cfg: ModelConfig, mlpInput: boolean): number {
  const isEnd = layer === null || layer === undefined || layer === -1 || layer === cfg.n_layers;
  if (!isEnd && !(Number.isInteger(layer) && layer >= 0)) {
    throw new InputError("layer is out of range", {
      found: shown(layer),
      expected: `a whole number from 0 to ${cfg.n_layers}, or -1 for the end`,
    });
  }
  if (isEnd && mlpInput) {
    throw new InputError("mlpInput needs a block", { found: "the end of the residual stream" });
  }
  return isEnd ? cfg.n_layers : resolveLayer(layer, cfg);
}

function stacked(
  components: readonly [string, tf.Tensor][],
  posSlice: AxisSlice | undefined,
): LabelledStack {
  return {
    labels: components.map(([label]) => label),
    stack: tf.tidy(() =>
      tf.stack(components.map(([, tensor]) => sliceAxis(tensor, 1, posSlice, "posSlice"))),
    ),
  };
}

function finished(
  run: CachedRun,
  { stack, labels }: LabelledStack,
  layer: number,
  applyLn: boolean,
  options: ApplyLnOptions,
): LabelledStack {
  if (!applyLn) return { stack, labels };
  try {
    return { stack: applyLnToStack(run, stack, layer, options), labels };
  } finally {
    stack.dispose();
  }
}

function checkStack(stack: unknown, { d_model }: ModelConfig): void {
  const isTensor = stack instanceof tf.Tensor;
  if (isTensor && !stack.isDisposed && stack.rank >= 2 && stack.shape.at(-1) === d_model) return;
  throw new InputError("not a stack of residual streams", {
    found: isTensor ? `[${stack.shape.join(", ")}]` : shown(stack),
    expected: `a tensor [component, batch, pos, ${d_model}]`,
  });
}

/** The scale `[…, 1]` must have the stack's axes after the first. */
function checkFits(stack: tf.Tensor, scale: tf.Tensor): void {
  const here = stack.shape.slice(1, -1);
  const cached = scale.shape.slice(0, -1);
  if (here.length === cached.length && here.every((size, axis) => size === cached[axis])) return;
  throw new InputError("the stack's positions or sequences are not those of the cache", {
    found: `[${here.join(", ")}]`,
    expected: `[${cached.join(", ")}]`,
    remedy: "Give the posSlice or batchSlice with which the stack was made.",
  });
}

function noComponents(what: string): InputError {
  return new InputError(`${what} has no components to stack`, {
    remedy: "Ask for a later layer, or include the embeddings or the remainder.",
  });
}
