import type { BoundHead } from "../heads/bind-head";
import type { Patch } from "../patching/patch";
import { DEFAULT_SCALE_FACTORS, scalingExperiment } from "../patching/scaling-experiment";
import type { Progress } from "../progress/progress";
import type { ActivationPatchingResult } from "../results/activation-patching-result";
import { SCHEMA_VERSION } from "../results/schema-version";
import { timestamp } from "../results/timestamp";
import { provenanceOf } from "./provenance";
import { type Prompt, runPrompts } from "./run-prompts";

export interface ActivationPatchingOptions {
  /** The directory as the user named it, for the result; the head's folder if not given. */
  readonly modelPath?: string;
  /** What the activation is multiplied by in the scaling experiment. */
  readonly factors?: readonly number[];
  /** Further patches; zero-ablation (`["set", 0]`) if not given. */
  readonly patches?: readonly Patch[];
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  readonly progress?: Progress;
  /** When; now if not given. */
  readonly timestamp?: string;
}

/** An activation this much smaller than the largest one counts as zero: scaling it says nothing. */
const NEAR_ZERO = 1e-3;

/**
 * Patches a head's target neuron on each prompt and measures how the prediction follows: the numbers
 * of the second notebook.
 *
 * @throws InputError if there is no prompt, or one is empty, too long or outside the vocabulary.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const result = await analyzeActivationPatching(head, ["Once upon a time", "The king said"]);
 * console.log(result.slope, result.r_squared);
 */
export async function analyzeActivationPatching(
  head: BoundHead,
  prompts: readonly Prompt[],
  {
    modelPath,
    factors = DEFAULT_SCALE_FACTORS,
    patches = [["set", 0]],
    prependBos = false,
    progress,
    timestamp: moment,
  }: ActivationPatchingOptions = {},
): Promise<ActivationPatchingResult> {
  const { files } = head;
  const run = runPrompts(head, prompts, prependBos);
  const tokens = run.map((prompt) => prompt.tokens);
  const result = await scalingExperiment(head, tokens, { factors, patches, progress });
  const { baseline, baseline_correlation, regression } = result;
  return {
    model_path: modelPath ?? files.directory,
    head_type: files.config.headType,
    target_layer: files.config.targetLayer,
    target_neuron: files.config.targetNeuron,
    baseline_correlation,
    slope: regression.slope,
    intercept: regression.intercept,
    r_squared: regression.r_squared,
    scale_factors: result.scale_factors,
    avg_act_changes: result.avg_act_changes,
    avg_pred_changes: result.avg_pred_changes,
    timestamp: moment ?? timestamp(),
    schema_version: SCHEMA_VERSION,
    layer_type: files.config.layerType,
    hook: head.hook,
    prompts: run,
    baseline: { ...baseline, correlation: baseline_correlation },
    experiments: result.experiments,
    scaling: result.scaling,
    regression,
    per_input: result.per_input,
    warnings: [
      ...files.warnings,
      ...orderWarnings(head),
      ...promptWarnings(head, tokens, baseline.activation),
    ],
    provenance: await provenanceOf(head, { seed: 0, streams: [], prependBos }),
  };
}

function orderWarnings({ targetCanMatter, hook, reads }: BoundHead): string[] {
  if (targetCanMatter) return [];
  return [
    `${hook} is computed after ${reads[0]}, which the head reads: patching it can change no prediction`,
  ];
}

function promptWarnings(
  head: BoundHead,
  tokens: readonly (readonly number[])[],
  activations: readonly number[],
): string[] {
  const warnings: string[] = [];
  const measured = new Set(tokens.map((ids) => ids[head.position(ids.length)]));
  if (tokens.length > 1 && measured.size === 1) {
    warnings.push(
      `every prompt is measured at the same token (id ${[...measured][0]}): add prompts that end differently before reading anything into the correlation`,
    );
  }
  const largest = Math.max(...activations.map(Math.abs));
  const small = activations.filter((value) => Math.abs(value) <= NEAR_ZERO * largest).length;
  if (small > 0) {
    warnings.push(
      `on ${small} of ${activations.length} prompts the activation is near zero, so scaling it changes nothing there; set it to a value instead`,
    );
  }
  return warnings;
}
