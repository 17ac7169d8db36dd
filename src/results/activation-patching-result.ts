import type { ChangeLine } from "../patching/change-line";
import type { Patch } from "../patching/patch-kinds";
import type { PromptLine } from "../patching/scaling-experiment";
import type {
  Controls,
  DirectEffect,
  QuantileExperiment,
  SlopeEvidence,
} from "./patching-evidence";
import type { Provenance } from "./provenance";

/** One run of all prompts under one patch. */
export interface PatchedRun {
  /** Kind and value: `["set", 3]`; see {@link Patch} for what the value means. */
  readonly patch: Patch;
  /** `[prompt]` the patched activation. */
  readonly activation: readonly number[];
  /** `[prompt]` the prediction under the patch. */
  readonly prediction: readonly number[];
}

/**
 * What the second notebook and `tslens patch --json` report: how a head's prediction follows the
 * neuron when the neuron is patched.
 *
 * The first twelve keys are the contract with the Python scripts (SPEC section 7). A number that does
 * not exist is null. Every list over prompts is in the order of `prompts`.
 */
export interface ActivationPatchingResult {
  /** The directory that was asked for. */
  readonly model_path: string;
  /** "regression", "classification" or "token". */
  readonly head_type: string;
  readonly target_layer: number;
  readonly target_neuron: number;
  /** Pearson's correlation of activation and prediction over the prompts, unpatched. */
  readonly baseline_correlation: number | null;
  /** Prediction change per activation change, all prompts and factors pooled. */
  readonly slope: number | null;
  readonly intercept: number | null;
  readonly r_squared: number | null;
  /** `[factor]` what the activation was multiplied by. */
  readonly scale_factors: readonly number[];
  /** `[factor]` mean over prompts of the activation's change. */
  readonly avg_act_changes: readonly number[];
  /** `[factor]` mean over prompts of the prediction's change. */
  readonly avg_pred_changes: readonly number[];
  /** When the experiment ran: ISO 8601, UTC, whole seconds. */
  readonly timestamp: string;

  /** Version of these keys; see `schemas/`. */
  readonly schema_version: string;
  /** Which activation the head predicts, e.g. "mlp_out". */
  readonly layer_type: string;
  /** Full name of the activation that was patched, e.g. "blocks.8.hook_mlp_out". */
  readonly hook: string;
  readonly prompts: readonly {
    /** Null when token ids were given. */
    readonly text: string | null;
    /** The token ids that were run. */
    readonly tokens: readonly number[];
    /** Index of the token at which activation and prediction are read, and the patch applied. */
    readonly position: number;
  }[];
  /** The unpatched run. */
  readonly baseline: {
    readonly activation: readonly number[];
    readonly prediction: readonly number[];
    /** `[prompt]` by how much a prediction may be off by rounding alone: smaller differences say nothing. */
    readonly rounding: readonly number[];
    readonly correlation: number | null;
  };
  /** The patches that were asked for. */
  readonly experiments: readonly PatchedRun[];
  /** The scaling experiment, one run for each of `scale_factors`. */
  readonly scaling: readonly PatchedRun[];
  /** The pooled line again, as one object, with the reason why it is none. */
  readonly regression: ChangeLine;
  /** The line of each prompt on its own; null where its activation never changes. */
  readonly per_input: readonly PromptLine[];
  /** How sure the slope is, against which nulls. */
  readonly evidence: SlopeEvidence;
  /** The part of the effect that takes the direct path, and the closed form where there is one. */
  readonly direct_effect: DirectEffect;
  /** The neuron set to its own quantiles: a change also where its activation is near zero. */
  readonly quantiles: QuantileExperiment;
  /** The same experiment on other neurons, and with heads that learnt shuffled labels. */
  readonly controls: Controls;
  /** What the reader has to know before reading the numbers; often empty. */
  readonly warnings: readonly string[];
  readonly provenance: Provenance;
}
