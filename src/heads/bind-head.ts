import * as tf from "@tensorflow/tfjs-core";
import { HeadConfigError, InputError } from "../errors";
import type { HookPointName } from "../model/hook-names";
import { type HookPoint, hookPoint, hookPointInLayer } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { softCap } from "../model/soft-cap";
import type { HeadConfig } from "./head-config";
import type { HeadFiles } from "./load-head";
import type { PromptInput } from "./measured-prompts";
import { predictFromDigitLogits, predictFromFeatures } from "./prediction";
import { predictionRounding } from "./prediction-rounding";
import { type EveryPositionReader, type HeadRun, type RunHeadOptions, runHead } from "./run-head";

const LOGITS = "unembed.hook_out";
const DIGITS = "0123456789";
/** Where a tokenizer marks the beginning of a word, a digit may be there only with it. */
const WORD_START = "▁";

/** A head together with the base model that it reads. */
export interface BoundHead extends EveryPositionReader {
  /** The path that it was opened by, as it was given. */
  readonly path: string;
  readonly files: HeadFiles;
  readonly model: HookedTransformer;
  /** The hook whose activation is predicted, by its long name. */
  readonly hook: HookPointName;
  /** The target neuron's index at a position of that hook. */
  readonly index: number;
  /** Hooks that the prediction is made from. */
  readonly reads: readonly HookPointName[];
  /** Ids of the digits "0" to "9"; null unless it is a token head. */
  readonly digitTokens: readonly number[] | null;
  /** Whether a change of the target can reach the features: it is computed before them. */
  readonly targetCanMatter: boolean;
  /** The position that is measured in a prompt of that many tokens. */
  position(promptLength: number): number;
  /** Predictions from activations `[n, size]` of `reads` at that position. */
  predict(activations: ReadonlyMap<HookPointName, tf.Tensor2D>): number[];
  /**
   * Tokens, the target's activation and the prediction at every position of each text: what a run of the
   * text cut after that position measures at its last token.
   *
   * Texts of similar length are run together, a bounded number of tokens at a time.
   *
   * @param texts one or several, as texts or token ids
   * @returns one run a text, in their order
   * @throws InputError if there is no text, one is empty, longer than the context or outside the
   *   vocabulary, or a position gives NaN or infinity.
   * @throws InterruptedError if it was stopped, by `signal` or a notebook's stop button.
   * @example
   * const [{ strTokens, activation, prediction }] = await head.run("Once upon a time");
   * console.log(strTokens.map((token, p) => [token, activation[p], prediction[p]]));
   */
  run(texts: PromptInput, options?: RunHeadOptions): Promise<HeadRun[]>;
  /** By how much each of these predictions may be off by rounding alone. */
  rounding(activations: ReadonlyMap<HookPointName, tf.Tensor2D>): number[];
  /** Frees the model if it was loaded with the head; one that was given stays the giver's. */
  dispose(): void;
}

export interface BindHeadOptions {
  /** The path that the head was opened by; its folder if not given. */
  readonly path?: string;
  /** Disposing the head disposes the model; off unless asked for. */
  readonly ownsModel?: boolean;
}

/**
 * Puts a head and its base model together.
 *
 * @throws HeadConfigError if the head does not fit the model: another d_model, a layer, neuron or
 *   activation that the model does not have, digit tokens outside the vocabulary.
 */
export function bindHead(
  files: HeadFiles,
  model: HookedTransformer,
  { path = files.directory, ownsModel = false }: BindHeadOptions = {},
): BoundHead {
  const { config, configFile } = files;
  if (config.dModel !== model.cfg.d_model) {
    throw new HeadConfigError("the head was trained on another base model", {
      file: configFile,
      found: `d_model ${config.dModel}`,
      expected: `${model.cfg.d_model}, as in ${model.folder}`,
      remedy: "Give the base model it was trained on (base, --base or TSLENS_BASE_MODEL).",
    });
  }
  const target = targetHook(config, model, configFile);
  const index = targetIndex(config, target, model, configFile);
  const isToken = config.headType === "token";
  const features = inConfig(configFile, "feature_layer", () =>
    hookPoint(["resid_post", config.featureLayer], model.cfg),
  );
  const digitTokens = isToken ? digitTokenIds(config.head.digitTokens, model, configFile) : null;
  const read = isToken ? hookPoint(LOGITS, model.cfg) : features;
  const inputs = (activations: ReadonlyMap<HookPointName, tf.Tensor2D>) =>
    digitTokens
      ? digitColumns(activations.get(LOGITS)!, digitTokens, model.cfg.output_logits_soft_cap)
      : rowsOf(activations.get(features.name)!);
  const head: BoundHead & object = {
    [Symbol.for("nodejs.util.inspect.custom")]: () => headText(files, model, target, index, read),
    path,
    files,
    model,
    hook: target.name,
    index,
    reads: [read.name],
    digitTokens,
    targetCanMatter: target.order <= read.order,
    position: (length) => measuredPosition(config.tokenPos, length),
    predict: (activations) =>
      digitTokens
        ? predictFromDigitLogits(config, inputs(activations))
        : predictFromFeatures(files, inputs(activations)),
    rounding: (activations) => predictionRounding(files, inputs(activations)),
    run: (texts, options) => runHead(head, texts, options),
    dispose() {
      if (ownsModel) model.dispose();
    },
  };
  return head;
}

/** What Node and a notebook print of a head. */
function headText(
  { config, directory }: HeadFiles,
  { name }: HookedTransformer,
  target: HookPoint,
  index: number,
  read: HookPoint,
): string {
  const hidden = config.headType === "token" ? null : config.head.hidden;
  const kind = hidden ? `${config.headType}, with a hidden layer` : config.headType;
  return [
    `activation prediction head (${kind}) in ${directory}`,
    `  predicts ${target.name}[…, ${index}] of ${name}`,
    `  reads ${read.name}`,
  ].join("\n");
}

/** "last" is the last token; a number is clamped to it, a negative one counts from the end. */
function measuredPosition(tokenPos: "last" | number, length: number): number {
  if (length < 1) throw new InputError("the prompt is empty", { expected: "at least one token" });
  if (tokenPos === "last") return length - 1;
  return tokenPos < 0 ? Math.max(length + tokenPos, 0) : Math.min(tokenPos, length - 1);
}

function targetHook(config: HeadConfig, model: HookedTransformer, file: string): HookPoint {
  const { layerType, targetLayer } = config;
  const layers = model.cfg.n_layers;
  if (targetLayer >= layers) {
    throw new HeadConfigError(`"target_layer" is out of range`, {
      file,
      found: String(targetLayer),
      expected: `0 to ${layers - 1}, as in ${model.folder}`,
      remedy: "Give the base model the head was trained on (base, --base or TSLENS_BASE_MODEL).",
    });
  }
  // Layer norms need to say which: "ln1.hook_scale" or "blocks.3.ln1.hook_scale".
  const hook = inConfig(file, "layer_type", () =>
    hookPointInLayer(layerType, targetLayer, model.cfg),
  );
  if (hook.nameInBlock !== null && hook.layer() !== targetLayer) {
    throw new HeadConfigError(`"layer_type" and "target_layer" contradict each other`, {
      file,
      found: `"${layerType}" and ${targetLayer}`,
      expected: "the same layer",
      remedy: "Correct one of them in the file.",
    });
  }
  return hook;
}

/** Repeats a model's complaint about a name as one about the configuration. */
function inConfig<T>(file: string, key: string, resolve: () => T): T {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { found, expected, remedy } = error;
    throw new HeadConfigError(`"${key}" names nothing in this base model`, {
      file,
      found,
      expected,
      remedy,
      cause: error,
    });
  }
}

function targetIndex(
  config: HeadConfig,
  { name, size }: HookPoint,
  model: HookedTransformer,
  file: string,
): number {
  if (size === null) {
    throw new HeadConfigError(`"layer_type" has no neurons at a position`, {
      file,
      found: `${config.layerType}, which is over pairs of positions`,
      expected: `an activation such as "mlp_out", "post" or "resid_post"`,
    });
  }
  if (config.targetNeuron < size) return config.targetNeuron;
  throw new HeadConfigError(`"target_neuron" is out of range`, {
    file,
    found: String(config.targetNeuron),
    expected: `0 to ${size - 1} for ${name} in ${model.folder}`,
    remedy: "Give the base model the head was trained on (base, --base or TSLENS_BASE_MODEL).",
  });
}

function digitTokenIds(
  configured: readonly number[] | null,
  { cfg, tokenizer, folder }: HookedTransformer,
  file: string,
): readonly number[] {
  if (configured) {
    const outside = configured.find((id) => id >= cfg.d_vocab);
    if (outside === undefined) return configured;
    throw new HeadConfigError(`"digit_tokens" has an id outside the vocabulary`, {
      file,
      found: String(outside),
      expected: `0 to ${cfg.d_vocab - 1}, as in ${folder}`,
    });
  }
  if (!tokenizer) {
    throw new HeadConfigError(`"digit_tokens" is missing and the base model has no tokenizer`, {
      file,
      expected: "ten token ids",
      remedy: `Add them to the file, or put tokenizer.json into ${folder}.`,
    });
  }
  return [...DIGITS].map((digit) => {
    const id = tokenizer.idOf(digit) ?? tokenizer.idOf(`${WORD_START}${digit}`);
    if (id !== null && id < cfg.d_vocab) return id;
    throw new HeadConfigError(`the base model has no token for the digit ${digit}`, {
      file: folder,
      found: id === null ? "none in its tokenizer" : `id ${id} of ${cfg.d_vocab}`,
      expected: `a token "${digit}", or else "${WORD_START}${digit}"`,
      remedy: `Add "digit_tokens" to ${file}.`,
    });
  });
}

/** `unembed.hook_out` `[n, d_vocab]` → logits of the digits `[n][10]` */
function digitColumns(
  unembedded: tf.Tensor2D,
  digitTokens: readonly number[],
  cap: number | null,
): Float32Array[] {
  return tf.tidy(() => {
    const columns = tf.gather(unembedded, tf.tensor1d([...digitTokens], "int32"), 1);
    return rowsOf(softCap(columns, cap));
  });
}

function rowsOf(tensor: tf.Tensor2D): Float32Array[] {
  const [rows, columns] = tensor.shape;
  const data = tensor.dataSync<"float32">() as Float32Array;
  return Array.from({ length: rows }, (_, row) =>
    data.subarray(row * columns, (row + 1) * columns),
  );
}
