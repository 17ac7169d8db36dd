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
import { defaultTexts } from "./default-texts";
import type { FeatureRows } from "./feature-rows";
import type { HeadTarget } from "./head-target";
import { type NeuronStatistics, scanNeurons } from "./scan-neurons";
import { foldsByText, type Split, splitByText } from "./split-by-text";
import type { TrainHeadOptions } from "./train-head-options";
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
  readonly neuron: number;
  /** Every row's activation of that neuron. */
  readonly targets: Float64Array;
  /** The neurons that a scan ranked, the best first; null if the neuron was given. */
  readonly scan: readonly NeuronStatistics[] | null;
}

const FOLDS = 5;

/**
 * Runs the model on the texts, splits them, and chooses the neuron if none was given.
 *
 * @param reader any head of the wanted kind on this target
 * @param texts measured by it
 * @throws InputError if there are too few texts, or the activation does not vary.
 */
export async function trainingData(
  model: HookedTransformer,
  target: HeadTarget,
  reader: BoundHead,
  texts: MeasuredPrompts,
  options: TrainHeadOptions,
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
  const { neuron, scan } =
    options.neuron === undefined
      ? chooseNeuron(reader, { ...features, rows: split.train }, store.read(target.hook), target)
      : { neuron: options.neuron, scan: null };
  const targets = store.column(target.hook, neuron);
  checkVaries(targets, split, target.hook, neuron);
  const foldOf = foldsByText(prompts, split.train, { folds: FOLDS, seed: options.seed });
  return { prompts, truncated, split, foldOf, features, neuron, targets, scan };
}

/** Texts as heads are trained on them: up to the token that a head measures, cut to the context. */
export function trainingTexts(reader: BoundHead, texts: readonly Prompt[]): MeasuredPrompts {
  return measurePrompts(reader, texts, { truncate: true });
}

/** The bundled texts as heads are trained on them; null where a model has no tokenizer for them, or they cannot be run. */
export async function bundledTrainingTexts(
  reader: BoundHead,
  options?: { readonly count?: number },
): Promise<MeasuredPrompts | null> {
  if (!reader.model.tokenizer) return null;
  const texts = await defaultTexts(options);
  try {
    return trainingTexts(reader, texts);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
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
 * The neuron that the scan ranks first. A token head learns nothing: it is judged by its own output,
 * and only neurons that rise with it can be predicted by it.
 */
function chooseNeuron(
  reader: BoundHead,
  features: FeatureRows,
  activations: Float32Array,
  { size }: HeadTarget,
): { neuron: number; scan: NeuronStatistics[] } {
  if (!reader.digitTokens) {
    const scan = scanNeurons(features, activations, size);
    return { neuron: scan[0].neuron, scan };
  }
  const digits = predictions(reader, features);
  const output = new Float32Array(activations.length / size);
  features.rows.forEach((row, i) => {
    output[row] = digits[i];
  });
  const scan = scanNeurons({ data: output, columns: 1, rows: features.rows }, activations, size);
  const rising = scan.find(({ neuron }) => {
    const values = features.rows.map((row) => activations[row * size + neuron]);
    return (pearsonCorrelation(digits, values) ?? 0) > 0;
  });
  return { neuron: (rising ?? scan[0]).neuron, scan };
}

function checkVaries(targets: Float64Array, split: Split, hook: string, neuron: number): void {
  for (const rows of [split.train, split.validation, split.test]) {
    const values = rows.map((row) => targets[row]);
    if (!isConstant(values)) continue;
    throw new InputError(`neuron ${neuron} of ${hook} does not vary over the texts`, {
      found: `${values[0]} on each of ${rows.length} texts`,
      remedy: "Give more texts, or ones that end in different tokens, or another neuron.",
    });
  }
}
