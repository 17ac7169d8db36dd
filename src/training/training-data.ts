import { createHash } from "node:crypto";
import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { type MeasuredPrompts, measurePrompts, type Prompt } from "../heads/measured-prompts";
import type { HookPointName } from "../model/hook-names";
import { hookPoint, hookPointInLayer } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { Progress } from "../progress/progress";
import { isConstant } from "../stats/is-constant";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import { activationCacheFolder, collectActivations } from "./collect-activations";
import type { FeatureRows } from "./feature-rows";
import type { HeadTarget } from "./head-target";
import { type NeuronStatistics, scanNeurons } from "./scan-neurons";
import { foldsByText, type Split, splitByText } from "./split-by-text";
import type { TrainingOptions } from "./train-head-options";
import { predictions } from "./training-metrics";

/** What a head is trained and tested on. Rows are texts, in the order in which they were given. */
export interface TrainingData {
  /** Token ids of each text up to the one that is measured. */
  readonly prompts: readonly (readonly number[])[];
  /** How many texts were longer than the context. */
  readonly truncated: number;
  readonly split: Split;
  /** The fold of each training row. */
  readonly foldOf: Int32Array;
  /** Every row's features. */
  readonly features: FeatureRows;
  /** What heads are to predict, each of them another neuron. */
  readonly neurons: readonly NeuronTargets[];
  /** The neurons that a scan ranked, the best first; null if the neuron was given. */
  readonly scan: readonly NeuronStatistics[] | null;
}

/** A neuron and its activation on every row. */
export interface NeuronTargets {
  readonly neuron: number;
  readonly targets: Float64Array;
}

/** Which neurons: these, or so many of those that a scan ranks first. */
export type NeuronChoice =
  | { readonly neurons: readonly number[]; readonly top?: undefined }
  | { readonly neurons?: undefined; readonly top: number };

export interface TrainingDataOptions
  extends Pick<TrainingOptions, "cacheFolder" | "seed" | "validationShare" | "testShare"> {
  readonly choice: NeuronChoice;
}

const FOLDS = 5;

/**
 * Runs the model on the texts, splits them, and chooses neurons if none are given.
 *
 * @param reader any head of the wanted kind on this target
 * @param texts measured by it
 * @throws InputError if there are too few texts.
 */
export async function trainingData(
  model: HookedTransformer,
  target: HeadTarget,
  reader: BoundHead,
  texts: MeasuredPrompts,
  { choice, ...options }: TrainingDataOptions,
  progress: (label: string, total: number) => Progress,
): Promise<TrainingData> {
  const { tokens: prompts, truncated } = texts;
  const split = splitByText(prompts, options);
  const store = await collectActivations(model, prompts, wantedHooks(model, target, prompts), {
    cacheFolder: options.cacheFolder ?? activationCacheFolder(),
    progress: (total) => progress("Activations", total),
  });
  const features = {
    data: store.read(reader.digitTokens ? target.lastHook : target.featureHook),
    columns: model.cfg.d_model,
    rows: [...prompts.keys()],
  };
  const { neurons, scan } =
    choice.neurons === undefined
      ? bestNeurons(
          reader,
          { ...features, rows: split.train },
          store.read(target.hook),
          target,
          choice.top,
        )
      : { neurons: choice.neurons, scan: null };
  const targets = store.columns(target.hook, neurons);
  const foldOf = foldsByText(prompts, split.train, { folds: FOLDS, seed: options.seed });
  const all = neurons.map((neuron, i) => ({ neuron, targets: targets[i] }));
  return { prompts, truncated, split, foldOf, features, neurons: all, scan };
}

/** Texts as heads are trained on them: up to the token that a head measures, cut to the context. */
export function trainingTexts(reader: BoundHead, texts: readonly Prompt[]): MeasuredPrompts {
  return measurePrompts(reader, texts, { truncate: true });
}

/** SHA-256 of all token ids in order: which texts a head was trained on. */
export function promptsHash(prompts: MeasuredPrompts["tokens"]): string {
  return createHash("sha256").update(JSON.stringify(prompts)).digest("hex");
}

/** A pass keeps the activation of every block if that takes no more room than this, else of one. */
const ROOM_FOR_EVERY_BLOCK = 256 * 2 ** 20;

/**
 * The hooks of a pass. The target's activation is kept for every block where that is small, so that
 * heads on other blocks find it in the cache.
 */
function wantedHooks(
  { cfg }: HookedTransformer,
  { hook, size, featureHook, lastHook }: HeadTarget,
  prompts: readonly unknown[],
): HookPointName[] {
  const hooks = [hook, featureHook, lastHook];
  const bytes = prompts.length * size * cfg.n_layers * Float32Array.BYTES_PER_ELEMENT;
  const { nameInBlock } = hookPoint(hook, cfg);
  if (bytes > ROOM_FOR_EVERY_BLOCK || nameInBlock === null) return hooks;
  const ofEveryBlock = Array.from(
    { length: cfg.n_layers },
    (_, layer) => hookPointInLayer(nameInBlock, layer, cfg).name,
  );
  return [...new Set([...hooks, ...ofEveryBlock])];
}

/**
 * The neurons that the scan ranks first. A token head learns nothing: it is judged by its own output,
 * and only neurons that rise with it can be predicted by it.
 */
function bestNeurons(
  reader: BoundHead,
  features: FeatureRows,
  activations: Float32Array,
  { size }: HeadTarget,
  count: number,
): { neurons: number[]; scan: NeuronStatistics[] } {
  const first = (ranked: readonly NeuronStatistics[]) =>
    ranked.slice(0, count).map(({ neuron }) => neuron);
  if (!reader.digitTokens) {
    const scan = scanNeurons(features, activations, size);
    return { neurons: first(scan), scan };
  }
  const digits = predictions(reader, features);
  const output = new Float32Array(activations.length / size);
  features.rows.forEach((row, i) => {
    output[row] = digits[i];
  });
  const scan = scanNeurons({ data: output, columns: 1, rows: features.rows }, activations, size);
  const rises = ({ neuron }: NeuronStatistics) => {
    const values = features.rows.map((row) => activations[row * size + neuron]);
    return (pearsonCorrelation(digits, values) ?? 0) > 0;
  };
  const rising = scan.filter(rises);
  return { neurons: first(rising.length > 0 ? rising : scan), scan };
}

/** Why a neuron cannot be learnt or tested: it is the same on all texts of a part of the split. */
export function constantReason(
  { neuron, targets }: NeuronTargets,
  { split }: Pick<TrainingData, "split">,
  { hook }: HeadTarget,
): InputError | null {
  for (const rows of [split.train, split.validation, split.test]) {
    const values = rows.map((row) => targets[row]);
    if (!isConstant(values)) continue;
    return new InputError(`neuron ${neuron} of ${hook} does not vary over the texts`, {
      found: `${values[0]} on each of ${rows.length} texts`,
      remedy: "Give more texts, or ones that end in different tokens, or another neuron.",
    });
  }
  return null;
}
