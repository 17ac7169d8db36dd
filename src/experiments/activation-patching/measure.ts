import { modelWarnings } from "../../analysis/model-warnings";
import { FEWEST_PROMPTS } from "../../analysis/over-prompts";
import { provenanceOf } from "../../analysis/provenance";
import { randomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import { type MeasuredPrompts, measurePrompts, type Prompt } from "../../heads/measured-prompts";
import { type CleanRuns, cleanRuns } from "../../patching/clean-runs";
import type { Patch } from "../../patching/patch-kinds";
import { DEFAULT_SCALE_FACTORS, scalingExperiment } from "../../patching/scaling-experiment";
import { breathe, interruptible } from "../../progress/interrupt";
import type { Progress } from "../../progress/progress";
import { withBar } from "../../progress/with-bar";
import { namedResult } from "../../results/named-result";
import { SCHEMA_VERSION } from "../../results/schema-version";
import { timestamp } from "../../results/timestamp";
import { directEffect } from "./direct-effect";
import type { QuantileExperiment } from "./evidence";
import { ACTIVATION_PATCHING_KEY_NUMBERS } from "./key-numbers";
import { labelControl } from "./label-control";
import { neuronControl } from "./neuron-control";
import { nearZeroPrompts, quantileExperiment } from "./quantile-experiment";
import type { ActivationPatchingResult } from "./result";
import { slopeEvidence } from "./slope-evidence";

/** What the head is compared with. */
export interface ControlOptions {
  /** How many other neurons of the layer go through the same experiment. Default: 20. */
  readonly neurons?: number;
  /**
   * How many heads are trained on shuffled labels, where the training texts are at hand. Default: 20
   * for a linear head, 3 for one that learns by gradient descent.
   */
  readonly heads?: number;
  /** The texts that the head was trained on; the bundled set if not given. */
  readonly texts?: readonly (string | readonly number[])[];
}

export interface ActivationPatchingOptions {
  /** What the activation is multiplied by in the scaling experiment. */
  readonly factors?: readonly number[];
  /** Further patches; zero-ablation (`["set", 0]`) if not given. */
  readonly patches?: readonly Patch[];
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  /** Seed of every random draw. Default: 0. */
  readonly seed?: number;
  /** What the head is compared with; false for nothing, which is faster. */
  readonly controls?: ControlOptions | false;
  /** Its own bar if not given; null for none. */
  readonly progress?: Progress | null;
  /** When; now if not given. */
  readonly timestamp?: string;
}

const NO_CONTROLS: ControlOptions = { neurons: 0, heads: 0 };

/**
 * Patches a head's target neuron on each prompt and measures how the prediction follows, how sure that
 * is, and what else could explain it: the numbers of the second notebook.
 *
 * @throws InputError if there is no prompt, or one is empty, too long or outside the vocabulary.
 * @throws CheckpointError if the base model's files have changed since it was opened.
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const prompts = ["Once upon a time", "The king said", "Who are you?"];
 * const result = await analyzeActivationPatching(head, prompts, { controls: { heads: 0 } });
 * console.log(result.slope, result.r_squared);
 * const { low, high } = result.evidence.changed_points.slope;
 * console.log(`95% interval over prompts, from 8 different ones on: ${low} to ${high}`);
 */
export function analyzeActivationPatching(
  head: BoundHead,
  prompts: readonly Prompt[],
  options: ActivationPatchingOptions = {},
): Promise<ActivationPatchingResult> {
  return interruptible(() =>
    withBar(options, { label: "Patching", total: prompts.length }, (progress) =>
      analyze(head, prompts, { ...options, progress }),
    ),
  );
}

/** With the bar that is to be told. */
type OwnBar = Omit<ActivationPatchingOptions, "progress"> & {
  readonly progress: Progress | undefined;
};

async function analyze(
  head: BoundHead,
  prompts: readonly Prompt[],
  options: OwnBar,
): Promise<ActivationPatchingResult> {
  const measured = measurePrompts(head, prompts, options);
  const clean = cleanRuns(head.model, measured);
  try {
    return await analyzeMeasured(head, measured, clean, options);
  } finally {
    clean.dispose();
  }
}

/** @param clean what all steps take their unpatched activations from */
async function analyzeMeasured(
  head: BoundHead,
  measured: MeasuredPrompts,
  clean: CleanRuns,
  {
    factors = DEFAULT_SCALE_FACTORS,
    patches = [["set", 0]],
    prependBos = false,
    seed = 0,
    controls = {},
    progress,
    timestamp: moment,
  }: OwnBar,
): Promise<ActivationPatchingResult> {
  const { files } = head;
  const { config } = files;
  const streams = randomStreams(seed);
  const provenance = await provenanceOf(head, { seed, prependBos });
  const result = await scalingExperiment(head, measured, { factors, patches, progress, clean });
  const { baseline, baseline_correlation, regression } = result;
  const quantiles = await quantileExperiment(head, measured, result, clean);
  await breathe();
  const evidence = slopeEvidence(result, nearZeroPrompts(baseline.activation), streams);
  await breathe();
  const { neurons: count = 20, heads, texts } = controls || NO_CONTROLS;
  const { estimate: slope } = evidence.changed_points.slope;
  const shared = { factors, slope, clean, streams };
  return namedResult<ActivationPatchingResult>(
    "activation_patching",
    ACTIVATION_PATCHING_KEY_NUMBERS,
    {
      model_path: head.path,
      head_type: config.headType,
      target_layer: config.targetLayer,
      target_neuron: config.targetNeuron,
      baseline_correlation,
      slope: regression.slope,
      intercept: regression.intercept,
      r_squared: regression.r_squared,
      scale_factors: result.scale_factors,
      avg_act_changes: result.avg_act_changes,
      avg_pred_changes: result.avg_pred_changes,
      timestamp: moment ?? timestamp(),
      schema_version: SCHEMA_VERSION,
      layer_type: config.layerType,
      hook: head.hook,
      prompts: measured.recorded(),
      baseline: { ...baseline, rounding: result.rounding, correlation: baseline_correlation },
      experiments: result.experiments,
      scaling: result.scaling,
      regression,
      per_input: result.per_input,
      evidence,
      direct_effect: directEffect(head, measured, result, clean),
      quantiles,
      controls: {
        neurons: await neuronControl(head, measured, { ...shared, count, experiment: result }),
        shuffled_labels: await labelControl(head, measured, { ...shared, count: heads, texts }),
      },
      warnings: [
        ...files.warnings,
        ...modelWarnings(head.model),
        ...orderWarnings(head),
        ...promptWarnings(measured, result.distinct.length),
        ...nearZeroWarnings(quantiles, measured.length),
        ...(evidence.typical_slope.note === null ? [] : [evidence.typical_slope.note]),
      ],
      provenance: { ...provenance, random_streams: streams.names() },
    },
  );
}

function orderWarnings({ targetCanMatter, hook, reads }: BoundHead): string[] {
  if (targetCanMatter) return [];
  return [
    `${hook} is computed after ${reads[0]}, which the head reads: patching it can change no prediction`,
  ];
}

/** With fewer prompts intervals are too narrow where few of them carry the slope: docs/results.md. */
const FEW_PROMPTS = 19;

function promptWarnings({ tokens }: MeasuredPrompts, different: number): string[] {
  const warnings: string[] = [];
  const measured = new Set(tokens.map((ids) => ids[ids.length - 1]));
  if (tokens.length > 1 && measured.size === 1) {
    warnings.push(
      `every prompt is measured at the same token (id ${[...measured][0]}): add prompts that end differently before reading anything into the correlation`,
    );
  }
  if (different < tokens.length) {
    warnings.push(
      `${tokens.length} prompts, but only ${different} different up to the measured token: the same one again is no more evidence and counts once in intervals and tests`,
    );
  }
  if (different > 1 && different < FEWEST_PROMPTS) {
    warnings.push(
      `${different} different prompts are few: there are intervals from ${FEWEST_PROMPTS} on`,
    );
  } else if (different > 1 && different < FEW_PROMPTS) {
    warnings.push(
      `${different} different prompts are few: where only some texts move the neuron much, intervals over fewer than ${FEW_PROMPTS} are too narrow`,
    );
  }
  return warnings;
}

function nearZeroWarnings(
  { near_zero, values, reason }: QuantileExperiment,
  prompts: number,
): string[] {
  if (near_zero.length === 0) return [];
  const instead =
    reason === null
      ? `the result's "quantiles" set it to the neuron's own quantiles instead (${values.map((value) => value.toPrecision(3)).join(", ")})`
      : "set it to a value instead";
  return [
    `on ${near_zero.length} of ${prompts} prompts the activation is near zero, so scaling it changes nothing there; ${instead}`,
  ];
}
