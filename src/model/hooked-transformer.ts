import { resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { openModelFolder } from "../checkpoints/model-folder";
import { InputError } from "../errors";
import { type Engine, loadEngine } from "../tensors/engine";
import { ActivationCache } from "./activation-cache";
import { type GPT2Config, gpt2Config } from "./config";
import { type ActivationVisitor, block, causalPositions, embed, unembed } from "./forward";
import { type GenerateOptions, generate, lastLogits } from "./generate";
import { filterHookNames, type NamesFilter, resolveLayer } from "./hook-names";
import { type HookSpec, hooksByName, hookVisitor } from "./hooks";
import { loadWeights } from "./load-weights";
import { locateModel } from "./locate-model";
import { nextTokenLoss } from "./next-token-loss";
import { checkSameLength, type ModelInput, type TokenOptions, tokenBatch } from "./token-batch";
import { loadTokenizer, type Tokenizer } from "./tokenizer";
import { DEFAULT_PROCESSING, NO_PROCESSING, type WeightProcessing } from "./weight-processing";
import type { GPT2Weights } from "./weights";

export interface FromPretrainedOptions extends Partial<WeightProcessing> {}

export interface ForwardOptions extends TokenOptions {
  /** Stop before this block: the result is its `resid_pre` `[batch, pos, d_model]`. Negative counts from the end. */
  readonly stopAtLayer?: number;
}

export interface HookedForwardOptions extends ForwardOptions {
  /** Hook functions with the activations they see, called in this order. */
  readonly fwdHooks?: readonly HookSpec[];
}

export interface CacheOptions extends HookedForwardOptions {
  /** Which activations to keep; everything but `attn.hook_result` if not given. */
  readonly namesFilter?: NamesFilter;
}

/** What `forward` gives back: `logits` (default), the mean next-token `loss`, `both`, or nothing. */
export type ReturnType = "logits" | "loss" | "both" | null;

export interface LogitsAndLoss {
  /** `[batch, pos, d_vocab]` */
  readonly logits: tf.Tensor3D;
  /** Mean over all predicted tokens, in nats. */
  readonly loss: tf.Scalar;
}

/**
 * A GPT-2 whose every activation can be read and replaced, as TransformerLens's `HookedTransformer`.
 *
 * @example
 * const model = await HookedTransformer.fromPretrained("models/tiny-gpt2");
 * const [logits, cache] = model.runWithCache("Once upon a time");
 * console.log(cache.get("mlp_out", -1).shape); // [1, 4, 128]
 * cache.dispose();
 * logits.dispose();
 */
export class HookedTransformer {
  private constructor(
    readonly cfg: GPT2Config,
    /** The weights as they are multiplied with; `named-weights.ts` gives them their usual names. */
    readonly weights: GPT2Weights,
    /** null if the folder has no tokenizer: give token ids then. */
    readonly tokenizer: Tokenizer | null,
    /** Which weight processing was done. */
    readonly processing: WeightProcessing,
    /** The name or folder that was asked for. */
    readonly name: string,
    /** The folder that the model was read from. */
    readonly folder: string,
    /** The files that were read. */
    readonly files: readonly string[],
    readonly engine: Engine,
  ) {}

  /**
   * Loads a GPT-2 from a Hugging Face folder, or by name from `models/`, with TransformerLens's
   * default weight processing; each of its four switches can be turned off.
   *
   * @throws ModelConfigError if the folder, its config or its weights are missing, contradict each
   *   other or are not a GPT-2's.
   * @throws CheckpointError if the weights' file is damaged.
   * @throws EngineError if no tensor engine can be loaded.
   */
  static async fromPretrained(
    nameOrFolder: string,
    options: FromPretrainedOptions = {},
  ): Promise<HookedTransformer> {
    const processing = { ...DEFAULT_PROCESSING, ...definedOnly(options) };
    const folder = resolve(locateModel(nameOrFolder));
    const engine = await loadEngine();
    const { config, tensors, files } = await openModelFolder(folder);
    try {
      const cfg = gpt2Config(config, files[0]);
      const tokenizer = await loadTokenizer(folder);
      const weights = loadWeights(tensors, cfg, processing);
      return new HookedTransformer(
        cfg,
        weights,
        tokenizer,
        processing,
        nameOrFolder,
        folder,
        files,
        engine,
      );
    } finally {
      tensors.close();
    }
  }

  /** The same with every processing switch off: equal to Hugging Face's own model. */
  static fromPretrainedNoProcessing(nameOrFolder: string): Promise<HookedTransformer> {
    return HookedTransformer.fromPretrained(nameOrFolder, NO_PROCESSING);
  }

  /**
   * Token ids of a text, or of several; without BOS unless `prependBos`.
   *
   * @throws InputError if the model has no tokenizer, or a text is empty or too long.
   */
  toTokens(text: string, options?: TokenOptions): number[];
  toTokens(texts: readonly string[], options?: TokenOptions): number[][];
  toTokens(text: string | readonly string[], options: TokenOptions = {}): number[] | number[][] {
    const batch = tokenBatch(text, this.cfg, this.tokenizer, options);
    return typeof text === "string" ? batch[0] : batch;
  }

  /** The text of each token, as it stands in the prompt. */
  toStrTokens(input: string | readonly number[], options: TokenOptions = {}): string[] {
    const [ids] = tokenBatch(input, this.cfg, this.tokenizer, options);
    return ids.map((id) => this.tokenizer?.decode([id]) ?? String(id));
  }

  /**
   * Runs the model.
   *
   * @param input a text, token ids, or several of equal length
   * @returns logits `[batch, pos, d_vocab]`, or what `returnType` asks for; with `stopAtLayer` the
   *   residual stream `[batch, pos, d_model]` before that block. The caller disposes it.
   * @throws InputError if the input is empty, ragged, too long or outside the vocabulary.
   */
  forward(input: ModelInput, options?: ForwardOptions & { returnType?: "logits" }): tf.Tensor3D;
  forward(input: ModelInput, options: ForwardOptions & { returnType: "loss" }): tf.Scalar;
  forward(input: ModelInput, options: ForwardOptions & { returnType: "both" }): LogitsAndLoss;
  forward(input: ModelInput, options: ForwardOptions & { returnType: null }): null;
  forward(
    input: ModelInput,
    options: ForwardOptions & { returnType?: ReturnType } = {},
  ): tf.Tensor3D | tf.Scalar | LogitsAndLoss | null {
    const { returnType = "logits" } = options;
    const batch = this.equalLengths(input, options);
    const logits = this.run(batch, options, undefined, false);
    if (returnType === "logits") return logits;
    const loss = returnType === null ? null : nextTokenLoss(logits, batch);
    if (returnType === "both") return { logits, loss: loss! };
    logits.dispose();
    return loss;
  }

  /**
   * Runs the model and keeps activations.
   *
   * @returns what `forward` returns, and the cache. Both are the caller's to dispose.
   * @throws InputError as `forward`, or if the filter or a hook's name matches no activation.
   */
  runWithCache(input: ModelInput, options: CacheOptions = {}): [tf.Tensor3D, ActivationCache] {
    const batch = this.equalLengths(input, options);
    const wanted = new Set(
      filterHookNames(options.namesFilter, this.cfg, (name) => !name.endsWith(".hook_result")),
    );
    const hooks = hooksByName(options.fwdHooks ?? [], this.cfg);
    const cache = new ActivationCache(this.cfg);
    try {
      const at = hookVisitor(hooks, wanted, cache);
      const result = this.run(batch, options, at, needsResult([...wanted, ...hooks.keys()]));
      return [result, cache];
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  /**
   * Runs the model with hook functions, which are gone when the call ends, also when it throws.
   *
   * @returns logits `[batch, pos, d_vocab]`, or with `stopAtLayer` the residual stream.
   * @throws InputError as `forward`, or if a hook's name matches no activation or it returns a
   *   tensor of another shape.
   * @example
   * const zeroNeuron = (post) => tf.mul(post, mask);
   * const logits = model.runWithHooks("Once upon a time", { fwdHooks: [[["post", 2], zeroNeuron]] });
   */
  runWithHooks(input: ModelInput, options: HookedForwardOptions = {}): tf.Tensor3D {
    const batch = this.equalLengths(input, options);
    const hooks = hooksByName(options.fwdHooks ?? [], this.cfg);
    const at = hookVisitor(hooks, new Set(), null);
    return this.run(batch, options, at, needsResult([...hooks.keys()]));
  }

  /**
   * Continues a text or token ids: greedy, or with `doSample` by seeded draws.
   *
   * @returns the prompt with its continuation, as text if the prompt was a text
   * @throws InputError if the prompt cannot be run or an option is out of range.
   * @example
   * model.generate("Once upon a time", { maxNewTokens: 20, doSample: true, topK: 40, seed: 1 });
   */
  generate(prompt: string, options?: GenerateOptions & TokenOptions): string;
  generate(prompt: readonly number[], options?: GenerateOptions & TokenOptions): number[];
  generate(
    prompt: string | readonly number[],
    options: GenerateOptions & TokenOptions = {},
  ): string | number[] {
    const [tokens] = this.equalLengths(prompt, options);
    const next = (ids: readonly number[]) => lastLogits(this.forward([...ids]));
    const ids = generate(tokens, this.cfg.n_ctx, next, options);
    return typeof prompt === "string" ? this.tokenizer!.decode(ids) : ids;
  }

  /** Frees the weights; the model cannot be used afterwards. */
  dispose(): void {
    tf.dispose(this.weights as unknown as tf.TensorContainer);
  }

  private equalLengths(input: ModelInput, options: TokenOptions): number[][] {
    if (this.weights.W_E.isDisposed) {
      throw new InputError("this model was disposed", { remedy: "Load it again." });
    }
    const batch = tokenBatch(input, this.cfg, this.tokenizer, options);
    checkSameLength(batch);
    return batch;
  }

  private run(
    batch: readonly (readonly number[])[],
    { stopAtLayer }: ForwardOptions,
    at: ActivationVisitor | undefined,
    useAttnResult: boolean,
  ): tf.Tensor3D {
    const { cfg, weights } = this;
    const stop = stopAtLayer === undefined ? cfg.n_layers : stopLayer(stopAtLayer, cfg);
    const options = { at, useAttnResult };
    return tf.tidy(() => {
      const length = batch[0].length;
      const tokens = tf.tensor2d(batch.flat(), [batch.length, length], "int32");
      const positions = causalPositions(length);
      let residual = embed(weights, tokens, positions, options);
      for (let layer = 0; layer < stop; layer++) {
        const next = block(weights.blocks[layer], cfg, layer, residual, positions, options);
        // A hook may have kept the residual stream for itself.
        if (!residual.kept) residual.dispose();
        residual = next;
      }
      return stopAtLayer === undefined ? unembed(weights, cfg, residual, options) : residual;
    });
  }
}

/** A block's index, or n_layers for the residual stream after the last block. */
function stopLayer(layer: number, cfg: GPT2Config): number {
  return layer === cfg.n_layers ? layer : resolveLayer(layer, cfg, "stopAtLayer");
}

function needsResult(names: readonly string[]): boolean {
  return names.some((name) => name.endsWith(".hook_result"));
}

function definedOnly(options: FromPretrainedOptions): Partial<WeightProcessing> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
