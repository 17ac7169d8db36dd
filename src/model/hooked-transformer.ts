import * as tf from "@tensorflow/tfjs-core";
import { arraySource } from "../checkpoints/array-source";
import type { NamedArray } from "../checkpoints/named-array";
import type { ReadFiles } from "../checkpoints/read-files";
import { InputError } from "../errors";
import { interruptible } from "../progress/interrupt";
import type { Engine, EngineName } from "../tensors/engine";
import { PROCESSOR_ROWS } from "../tensors/processor-rows";
import { ActivationCache } from "./activation-cache";
import type { ActivationVisitor } from "./activation-visitor";
import type { ModelConfig } from "./config";
import { modelConfig } from "./families/model-config";
import { unembed } from "./forward";
import { type GenerateOptions, generate } from "./generate";
import {
  filterHookPoints,
  type HookDict,
  type HookPoint,
  hookDict,
  type NamesFilter,
} from "./hook-points";
import { type HookSpec, hooksByName, hookVisitor, notComputed } from "./hooks";
import { KeyValueCache } from "./key-value-cache";
import { loadWeights } from "./load-weights";
import type { LocateModelOptions } from "./locate-model";
import type { ModelParts } from "./model-parts";
import { nextTokenLoss } from "./next-token-loss";
import { type RunInput, type RunInputOptions, runInput } from "./run-input";
import { computes, runLayers } from "./run-layers";
import { shown } from "./shown";
import {
  isBatch,
  type ModelInput,
  type PromptEncoder,
  type TokenOptions,
  tokenBatch,
} from "./token-batch";
import type { Tokenizer } from "./tokenizer";
import { DEFAULT_PROCESSING, NO_PROCESSING, type WeightProcessing } from "./weight-processing";
import type { ModelWeights } from "./weights";

export interface FromPretrainedOptions extends Partial<WeightProcessing>, LocateModelOptions {
  /** Whether the hashes of its files, which every result names, are computed while it loads rather than when they are wanted. */
  readonly hashFiles?: boolean;
}

/** What a run gives back: `logits` (default), the next-token `loss`, `both`, or nothing (`null`). */
export type ReturnType = "logits" | "loss" | "both" | null;

export interface ForwardOptions<R extends ReturnType = "logits", PerToken extends boolean = false>
  extends RunInputOptions {
  readonly returnType?: R;
  /** A loss for each predicted token, `[batch, pos − 1]`, instead of their mean. */
  readonly lossPerToken?: PerToken;
}

export interface HookedForwardOptions<
  R extends ReturnType = "logits",
  PerToken extends boolean = false,
> extends ForwardOptions<R, PerToken> {
  /** Hook functions with the activations they see, called in this order. */
  readonly fwdHooks?: readonly HookSpec[];
}

export interface CacheOptions<R extends ReturnType = "logits", PerToken extends boolean = false>
  extends HookedForwardOptions<R, PerToken> {
  /** Which activations to keep; everything but `attn.hook_result` if not given. */
  readonly namesFilter?: NamesFilter;
}

/** In nats: the mean over all predicted tokens, or with `lossPerToken` each of them, `[batch, pos − 1]`. */
export type Loss<PerToken extends boolean> = PerToken extends true ? tf.Tensor2D : tf.Scalar;

export interface LogitsAndLoss<PerToken extends boolean = false> {
  /** `[batch, pos, d_vocab]` */
  readonly logits: tf.Tensor3D;
  readonly loss: Loss<PerToken>;
}

/** What a run with this `returnType` gives back. */
export type RunResult<R extends ReturnType, PerToken extends boolean> = R extends "logits"
  ? tf.Tensor3D
  : R extends "loss"
    ? Loss<PerToken>
    : R extends "both"
      ? LogitsAndLoss<PerToken>
      : null;

export interface FromTensorsOptions extends Partial<WeightProcessing> {
  readonly tokenizer?: Tokenizer | null;
  /** What the model is called in messages. */
  readonly name?: string;
}

/**
 * A model whose every activation can be read and replaced, as TransformerLens's `HookedTransformer`.
 *
 * @example
 * const model = await HookedTransformer.fromPretrained("models/tiny-gpt2");
 * const [logits, cache] = model.runWithCache("Once upon a time");
 * console.log(cache.get("mlp_out", -1).shape); // [1, 4, 128]
 * cache.dispose();
 * logits.dispose();
 */
export class HookedTransformer implements ModelParts {
  readonly cfg: ModelConfig;
  readonly weights: ModelWeights;
  readonly tokenizer: Tokenizer | null;
  readonly promptEncoder: PromptEncoder | null;
  readonly processing: WeightProcessing;
  readonly name: string;
  readonly folder: string;
  readonly files: ReadFiles | null;
  readonly warnings: readonly string[];
  readonly engine: Engine;

  private constructor(parts: ModelParts) {
    this.cfg = parts.cfg;
    this.weights = parts.weights;
    this.tokenizer = parts.tokenizer;
    this.promptEncoder = parts.promptEncoder;
    this.processing = parts.processing;
    this.name = parts.name;
    this.folder = parts.folder;
    this.files = parts.files;
    this.warnings = parts.warnings;
    this.engine = parts.engine;
  }

  /**
   * Loads a model of a known family from a Hugging Face folder, or by name: from `models/`, the Hugging Face cache or
   * the hub, also at a `revision` there. With TransformerLens's default weight processing; each of
   * its four switches can be turned off.
   *
   * @throws ModelConfigError if the folder, its config or its weights are missing, contradict each
   *   other or cannot be run.
   * @throws HubError if the model is not on this machine and cannot be downloaded.
   * @throws CheckpointError if the weights' file is damaged, or changes while it is read.
   * @throws EngineError if no tensor engine can be loaded.
   * @throws InterruptedError if a notebook's stop button ended a download, which goes on from there.
   */
  static fromPretrained(
    nameOrFolder: string,
    options: FromPretrainedOptions = {},
  ): Promise<HookedTransformer> {
    return interruptible(() => HookedTransformer.load(nameOrFolder, options));
  }

  private static async load(
    nameOrFolder: string,
    { revision, hashFiles, ...options }: FromPretrainedOptions,
  ): Promise<HookedTransformer> {
    // Only here are files read: a model made of arrays needs no Node.
    const { readPretrained } = await import("./read-pretrained.js");
    const processing = { ...DEFAULT_PROCESSING, ...definedOnly(options) };
    const model = new HookedTransformer(
      await readPretrained(nameOrFolder, processing, { revision, hashFiles }),
    );
    return model.ifUnchanged();
  }

  /**
   * Makes a model of arrays that are in memory, also in a browser, on the tensor engine that is in use.
   *
   * @param config as in a Hugging Face `config.json`
   * @param tensors by their Hugging Face names, with their family's prefix (`transformer.`, `model.`) or without
   * @throws ModelConfigError if they contradict each other or cannot be run.
   */
  static fromTensors(
    config: unknown,
    tensors: ReadonlyMap<string, NamedArray>,
    { tokenizer = null, name = "arrays in memory", ...options }: FromTensorsOptions = {},
  ): HookedTransformer {
    const processing = { ...DEFAULT_PROCESSING, ...definedOnly(options) };
    const cfg = modelConfig(config, name);
    const { weights, warnings } = loadWeights(arraySource(tensors, name), cfg, processing);
    const backend = tf.getBackend() as EngineName;
    return new HookedTransformer({
      ...{ cfg, weights, tokenizer, promptEncoder: tokenizer, processing, warnings },
      ...{ name, folder: name, files: null },
      engine: {
        ...{ name: backend, description: `tfjs backend ${backend}`, warning: null },
        rowsPerBatch: PROCESSOR_ROWS,
      },
    });
  }

  /** The same with every processing switch off: equal to Hugging Face's own model. */
  static fromPretrainedNoProcessing(
    nameOrFolder: string,
    options: LocateModelOptions = {},
  ): Promise<HookedTransformer> {
    return HookedTransformer.fromPretrained(nameOrFolder, { ...NO_PROCESSING, ...options });
  }

  /** Every hook point by name, in the order of the forward pass, with its axes and sizes. */
  get hookDict(): HookDict {
    return hookDict(this.cfg);
  }

  /**
   * Token ids of a text, or of several; without BOS unless `prependBos`.
   *
   * @throws InputError if the model has no tokenizer, or a text is empty or too long.
   */
  toTokens(text: string, options?: TokenOptions): number[];
  toTokens(texts: readonly string[], options?: TokenOptions): number[][];
  toTokens(text: string | readonly string[], options: TokenOptions = {}): number[] | number[][] {
    const batch = tokenBatch(text, this.cfg, this.promptEncoder, options);
    return typeof text === "string" ? batch[0] : batch;
  }

  /**
   * The text of each token of a prompt, or of several.
   *
   * @throws InputError as `forward`.
   */
  toStrTokens(input: string | readonly number[], options?: TokenOptions): string[];
  toStrTokens(
    input: readonly string[] | readonly (readonly number[])[],
    options?: TokenOptions,
  ): string[][];
  toStrTokens(input: ModelInput, options: TokenOptions = {}): string[] | string[][] {
    const batch = tokenBatch(input, this.cfg, this.promptEncoder, options);
    const texts = batch.map((ids) => ids.map((id) => this.tokenizer?.decode([id]) ?? String(id)));
    return isBatch(input) ? texts : texts[0];
  }

  /**
   * Runs the model.
   *
   * @param input a text, token ids (numbers or an int32 tensor), or several: equally long, or with
   *   `paddingSide`; with `startAtLayer` a residual stream `[batch, pos, d_model]`
   * @returns logits `[batch, pos, d_vocab]`, or what `returnType` asks for; with `stopAtLayer` the
   *   residual stream `[batch, pos, d_model]` before that block. The caller disposes it.
   * @throws InputError if the input is empty, ragged, too long, outside the vocabulary, of the wrong
   *   rank or dtype, or contradicts the options.
   * @example
   * const loss = model.forward("Once upon a time", { returnType: "loss" });
   * console.log(loss.dataSync()[0]); // nats a token
   * loss.dispose();
   */
  forward<R extends ReturnType = "logits", PerToken extends boolean = false>(
    input: ModelInput | tf.Tensor,
    options: ForwardOptions<R, PerToken> = {},
  ): RunResult<R, PerToken> {
    return this.run(this.checked(input, options), options, undefined, false);
  }

  /**
   * Runs the model and keeps activations.
   *
   * @returns what `forward` returns, and the cache. Both are the caller's to dispose.
   * @throws InputError as `forward`, or if the filter or a hook's name matches no activation or none
   *   that this run computes.
   * @example
   * const [logits, cache] = model.runWithCache("Once upon a time", { namesFilter: ["mlp_out", 2] });
   * console.log(cache.keys()); // ["blocks.2.hook_mlp_out"]
   * logits.dispose();
   * cache.dispose();
   */
  runWithCache<R extends ReturnType = "logits", PerToken extends boolean = false>(
    input: ModelInput | tf.Tensor,
    options: CacheOptions<R, PerToken> = {},
  ): [RunResult<R, PerToken>, ActivationCache] {
    const plan = this.checked(input, options);
    const isComputed = (point: HookPoint) => computes(plan, point, this.cfg);
    const chosen = filterHookPoints(
      options.namesFilter,
      this.cfg,
      (point) => !isResult(point.name),
    );
    const wanted = new Set(chosen.filter(isComputed).map((point): string => point.name));
    if (options.namesFilter && chosen.length > 0 && wanted.size === 0) throw notComputed(chosen);
    const hooks = hooksByName(options.fwdHooks ?? [], this.cfg, isComputed);
    const cache = new ActivationCache(this);
    try {
      const at = hookVisitor(hooks, wanted, cache, this.cfg);
      const result = this.run(plan, options, at, [...wanted, ...hooks.keys()].some(isResult));
      return [result, cache];
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  /**
   * Runs the model with hook functions, which are gone when the call ends, also when it throws.
   *
   * @returns what `forward` returns.
   * @throws InputError as `forward`, or if a hook's name matches no activation or none that this run
   *   computes, or it returns a tensor of another shape.
   * @example
   * const halve = (post) => tf.mul(post, 0.5);
   * const logits = model.runWithHooks("Once upon a time", { fwdHooks: [[["post", 2], halve]] });
   * logits.dispose();
   */
  runWithHooks<R extends ReturnType = "logits", PerToken extends boolean = false>(
    input: ModelInput | tf.Tensor,
    options: HookedForwardOptions<R, PerToken> = {},
  ): RunResult<R, PerToken> {
    const plan = this.checked(input, options);
    const isComputed = (point: HookPoint) => computes(plan, point, this.cfg);
    const hooks = hooksByName(options.fwdHooks ?? [], this.cfg, isComputed);
    const at = hookVisitor(hooks, new Set(), null, this.cfg);
    return this.run(plan, options, at, [...hooks.keys()].some(isResult));
  }

  /**
   * Continues a text or token ids, or several: greedy, or with `doSample` by seeded draws. Keys and
   * values of what was run are kept until a text is longer than the context; from then on only the
   * last tokens are seen.
   *
   * @returns each prompt with its continuation, as text if the prompts were texts
   * @throws InputError if a prompt cannot be run or an option is out of range.
   * @example
   * model.generate("Once upon a time", { maxNewTokens: 20, doSample: true, topK: 40, seed: 1 });
   */
  generate(prompt: string, options?: GenerateOptions & TokenOptions): string;
  generate(prompt: readonly number[], options?: GenerateOptions & TokenOptions): number[];
  generate(prompts: readonly string[], options?: GenerateOptions & TokenOptions): string[];
  generate(
    prompts: readonly (readonly number[])[],
    options?: GenerateOptions & TokenOptions,
  ): number[][];
  generate(
    prompt: ModelInput,
    { prependBos, ...options }: GenerateOptions & TokenOptions = {},
  ): string | number[] | string[] | number[][] {
    this.checkAlive();
    const batch = tokenBatch(prompt, this.cfg, this.promptEncoder, { prependBos });
    const past = new KeyValueCache(this);
    try {
      const rows = generate(batch, (running) => this.nextTokenLogits(running, past), options);
      const isText = typeof prompt === "string" || typeof prompt[0] === "string";
      const results = isText ? rows.map((ids) => this.tokenizer!.decode(ids)) : rows;
      return isBatch(prompt) ? (results as string[] | number[][]) : results[0];
    } finally {
      past.dispose();
    }
  }

  /** Frees the weights; the model cannot be used afterwards. */
  dispose(): void {
    tf.dispose(this.weights as unknown as tf.TensorContainer);
  }

  /** What Node and a notebook print: the model's sizes. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { n_layers, d_model, n_heads, d_head, d_mlp, n_ctx, d_vocab, act_fn } = this.cfg;
    const done = Object.entries(this.processing).flatMap(([name, isOn]) => (isOn ? [name] : []));
    return [
      `HookedTransformer ${this.name}`,
      `  ${n_layers} layers, d_model ${d_model}, ${n_heads} heads of ${d_head}, d_mlp ${d_mlp} (${act_fn}), n_ctx ${n_ctx}, d_vocab ${d_vocab}`,
      `  weight processing: ${done.join(", ") || "none"}; engine: ${this.engine.name}`,
      `  ${this.hookDict.size} hook points, such as ["post", 0]; all in model.hookDict`,
    ].join("\n");
  }

  /** The model, unless its files changed while they were read: then it is mixed, and freed. */
  private async ifUnchanged(): Promise<this> {
    try {
      await this.files?.finish();
      return this;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  private checked(input: ModelInput | tf.Tensor, options: ForwardOptions<ReturnType, boolean>) {
    this.checkAlive();
    const plan = runInput(input, this, options);
    checkReturnType(options.returnType, plan);
    return plan;
  }

  private checkAlive(): void {
    if (!this.weights.embedding.rows.isDisposed) return;
    throw new InputError("this model was disposed", { remedy: "Load it again." });
  }

  private run<R extends ReturnType, PerToken extends boolean>(
    plan: RunInput,
    { returnType, lossPerToken: perToken }: ForwardOptions<R, PerToken>,
    at: ActivationVisitor | undefined,
    useAttnResult: boolean,
  ): RunResult<R, PerToken> {
    const result = runLayers(this, plan, at, useAttnResult);
    const wanted: ReturnType = returnType === undefined ? "logits" : returnType;
    if (wanted === "logits") return result as RunResult<R, PerToken>;
    let loss: tf.Tensor | null = null;
    try {
      if (wanted !== null) {
        loss = nextTokenLoss(result, plan.tokens!, { mask: plan.mask, perToken });
      }
    } finally {
      if (wanted !== "both" || loss === null) result.dispose();
    }
    return (wanted === "both" ? { logits: result, loss } : loss) as RunResult<R, PerToken>;
  }

  /** Logits after each row's last token; `past` holds all before it, or nothing yet. */
  private nextTokenLogits(
    rows: readonly (readonly number[])[],
    past: KeyValueCache,
  ): readonly Float32Array[] {
    const { n_ctx, n_layers } = this.cfg;
    const unseen = past.length > 0 ? rows.map((row) => row.slice(-1)) : rows;
    const fits = past.length + Math.max(...unseen.map((row) => row.length)) <= n_ctx;
    return tf.tidy(() => {
      const residual = this.forward(fits ? unseen : rows.map((row) => row.slice(-n_ctx)), {
        stopAtLayer: n_layers,
        paddingSide: "left",
        pastKvCache: fits ? past : undefined,
      });
      const last = tf.slice3d(residual, [0, residual.shape[1] - 1, 0], [-1, 1, -1]);
      const logits = unembed(this.weights, this.cfg, last).dataSync<"float32">() as Float32Array;
      const size = this.cfg.d_vocab;
      return rows.map((_, row) => logits.subarray(row * size, (row + 1) * size)) as never;
    });
  }
}

function checkReturnType(returnType: ReturnType | undefined, { tokens, stop }: RunInput): void {
  if (returnType === undefined || returnType === "logits" || returnType === null) return;
  if (returnType !== "loss" && returnType !== "both") {
    throw new InputError("not a returnType", {
      found: shown(returnType),
      expected: `"logits", "loss", "both" or null`,
    });
  }
  if (stop !== null) {
    throw new InputError("there is no loss where a run stops before the logits", {
      remedy: "Leave out stopAtLayer or the loss.",
    });
  }
  if (!tokens) {
    throw new InputError("a loss needs the tokens of the residual stream", {
      remedy: "Give them as tokens.",
    });
  }
  if (tokens[0].length < 2) {
    throw new InputError("a loss needs at least two tokens", { found: "1" });
  }
}

/** Each head's own output is computed only where it is asked for. */
function isResult(name: string): boolean {
  return name.endsWith(".hook_result");
}

function definedOnly(options: Partial<WeightProcessing>): Partial<WeightProcessing> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
