import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { cacheText } from "./cache-text";
import type { ModelConfig } from "./config";
import type { CachedName, HookName, HookPointName } from "./hook-names";
import { hookPoint } from "./hook-points";
import {
  type LogitAttrsOptions,
  type LogitLensOptions,
  logitAttrs,
  logitLens,
  type TokenChoice,
  type TokenizedRun,
} from "./logit-attribution";
import {
  type AccumulatedResidOptions,
  type ApplyLnOptions,
  accumulatedResid,
  applyLnToStack,
  type DecomposeResidOptions,
  decomposeResid,
  type LabelledStack,
  type StackHeadResultsOptions,
  type StackLayer,
  stackHeadResults,
} from "./residual-stack";
import type { Tokenizer } from "./tokenizer";
import type { ModelWeights } from "./weights";

/** What a cache needs of the model that it belongs to. */
export interface CachedModel {
  readonly cfg: ModelConfig;
  readonly weights: ModelWeights;
  readonly tokenizer: Tokenizer | null;
}

/**
 * Activations of one run by name, as TransformerLens's `ActivationCache`.
 *
 * The tensors belong to the cache: they live until `dispose()`. Shapes have the batch axis first:
 * residual stream and MLP `[batch, pos, d_model | d_mlp]`, `hook_q|k|v|z` `[batch, pos, n_heads,
 * d_head]`, `hook_attn_scores|pattern` `[batch, n_heads, query, key]`.
 *
 * Stacks that it computes have their components on the first axis and a label for each; they are the
 * caller's to dispose. In their `layer`, n_layers, −1 or nothing mean the unembedding's input.
 *
 * @example
 * const [logits, cache] = model.runWithCache("The quick brown fox");
 * cache.get("mlp_out", 2).print();
 * cache.dispose();
 * logits.dispose();
 */
export class ActivationCache implements TokenizedRun {
  private readonly tensors = new Map<HookPointName, tf.Tensor>();

  constructor(private readonly model: CachedModel) {}

  /**
   * Reads a cache that `toFile` wrote, for the model that it was made with.
   *
   * @throws CheckpointError if the file is missing or damaged.
   * @throws InputError if it does not hold activations of such a model.
   * @example
   * await cache.toFile("results/cache.safetensors");
   * const again = await ActivationCache.fromFile("results/cache.safetensors", model);
   */
  static async fromFile(path: string, model: CachedModel): Promise<ActivationCache> {
    const { readCacheFile } = await import("./cache-file.js");
    const cache = new ActivationCache(model);
    for (const [name, tensor] of readCacheFile(path, model.cfg)) cache.tensors.set(name, tensor);
    return cache;
  }

  get cfg(): ModelConfig {
    return this.model.cfg;
  }

  get weights(): ModelWeights {
    return this.model.weights;
  }

  get tokenizer(): Tokenizer | null {
    return this.model.tokenizer;
  }

  /** Names of what was kept, in the order in which it was computed. */
  keys(): HookPointName[] {
    return [...this.tensors.keys()];
  }

  /** Whether an activation was kept. */
  has(...name: CachedName): boolean {
    return this.tensors.has(this.resolve(name));
  }

  /**
   * An activation by its long name, or by short name and layer; negative layers count from the end.
   *
   * @param name such as `("mlp_out", 2)`, `("scale", 2, "ln1")` or a long name
   * @throws InputError if the model has no such activation or it was not kept in this run.
   */
  get(...name: CachedName): tf.Tensor {
    const key = this.resolve(name);
    const tensor = this.tensors.get(key);
    if (!tensor) {
      throw new InputError(`"${key}" was not kept in this run`, {
        remedy: "Name it in namesFilter.",
      });
    }
    return tensor;
  }

  /** Keeps a copy of what `value` holds now (the data are shared, not copied). */
  keep(name: HookPointName, value: tf.Tensor): void {
    this.tensors.get(name)?.dispose();
    this.tensors.set(name, tf.keep(tf.clone(value)));
  }

  /**
   * The residual stream before each block up to `layer`, and at the end.
   *
   * @returns `[component, batch, pos, d_model]`; labels `0_pre`, `0_mid`, …, `final_post`. With
   *   `applyLn` each goes through the final layer norm (up to the end, with its own statistics) or
   *   is scaled as the input of `layer` was.
   * @throws InputError if the layer or a slice is out of range or what it needs was not kept.
   * @example
   * const { stack, labels } = cache.accumulatedResid(-1, { inclMid: true, posSlice: -1 });
   * console.log(labels, stack.shape);
   * stack.dispose();
   */
  accumulatedResid(layer?: StackLayer, options: AccumulatedResidOptions = {}): LabelledStack {
    return accumulatedResid(this, layer, options);
  }

  /**
   * Everything that was written to the residual stream before `layer`; its sum is `resid_pre[layer]`.
   *
   * @returns `[component, batch, pos, d_model]`; labels `embed`, `pos_embed`, `0_attn_out`, `0_mlp_out`, …
   * @throws InputError as `accumulatedResid`.
   * @example
   * const { stack, labels } = cache.decomposeResid(2, { mode: "mlp", inclEmbeds: false });
   * console.log(labels); // ["0_mlp_out", "1_mlp_out"]
   * stack.dispose();
   */
  decomposeResid(layer?: StackLayer, options: DecomposeResidOptions = {}): LabelledStack {
    return decomposeResid(this, layer, options);
  }

  /**
   * What each attention head before `layer` wrote to the residual stream, without b_O; computed from
   * `hook_z` where `hook_result` was not kept.
   *
   * @returns `[component, batch, pos, d_model]`; labels `L0H0`, …, `remainder`
   * @throws InputError as `accumulatedResid`.
   * @example
   * const { stack, labels } = cache.stackHeadResults(-1, { inclRemainder: true });
   * stack.dispose();
   */
  stackHeadResults(layer?: StackLayer, options: StackHeadResultsOptions = {}): LabelledStack {
    return stackHeadResults(this, layer, options);
  }

  /**
   * Scales components of the residual stream as the layer norm of `layer` scaled their sum.
   *
   * @param stack `[component, batch, pos, d_model]`, with `posSlice` already taken; it is not disposed
   * @throws InputError if its shape does not fit, or the layer norm's scale was not kept.
   */
  applyLnToStack(stack: tf.Tensor, layer?: StackLayer, options: ApplyLnOptions = {}): tf.Tensor {
    return applyLnToStack(this, stack, layer, options);
  }

  /**
   * How much each component of a stack adds to the logit of `tokens`, or to its difference from that
   * of `incorrectTokens`: the components scaled by the final layer norm, times W_U's columns.
   *
   * The sum over a whole decomposition is the logit (difference) less that of b_U, in a model loaded
   * with `foldLn` (the default); as in TransformerLens, layer norms that are not folded only scale.
   *
   * @param residuals a stack as from `decomposeResid`, without `applyLn`; it is not disposed
   * @returns `[component, batch, pos]`, without the axes that were sliced away
   * @throws InputError if a token is unknown, or shapes do not fit.
   * @example
   * const parts = cache.decomposeResid(-1, { posSlice: -1 });
   * const { stack, labels } = cache.logitAttrs(parts, 42, { incorrectTokens: 7, posSlice: -1 });
   * console.log(labels, stack.shape); // [component, batch]
   * tf.dispose([parts.stack, stack]);
   */
  logitAttrs(
    residuals: LabelledStack,
    tokens: TokenChoice,
    options: LogitAttrsOptions = {},
  ): LabelledStack {
    return logitAttrs(this, residuals, tokens, options);
  }

  /**
   * What the model would predict from the residual stream before each block.
   *
   * @returns logits `[component, batch, pos, d_vocab]`, labelled as `accumulatedResid`; the last are
   *   the model's own
   * @throws InputError as `accumulatedResid`.
   * @example
   * const { stack, labels } = cache.logitLens(-1, { posSlice: -1 });
   * console.log(labels, stack.shape); // [component, batch, d_vocab]
   * stack.dispose();
   */
  logitLens(layer?: StackLayer, options: LogitLensOptions = {}): LabelledStack {
    return logitLens(this, layer, options);
  }

  /**
   * Writes what was kept as a safetensors file, as float32 and with the batch axis.
   *
   * @throws CheckpointError if the file cannot be written.
   */
  async toFile(path: string): Promise<void> {
    const { writeCacheFile } = await import("./cache-file.js");
    await writeCacheFile(path, this.tensors);
  }

  /** What Node and a notebook print: each activation with its shape. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return cacheText(this.tensors, this.cfg);
  }

  /** Frees every tensor. */
  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }

  private resolve([name, ...where]: CachedName): HookPointName {
    return hookPoint((where[0] === undefined ? name : [name, ...where]) as HookName, this.cfg).name;
  }
}
