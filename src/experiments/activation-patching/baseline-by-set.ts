import { measuredOnce } from "../../analysis/measured-once";
import { correlationOverPrompts } from "../../analysis/over-prompts";
import { activationRounding } from "../../patching/change-line";
import { baselineCorrelation } from "../../patching/scaling-experiment";
import { vectorStatistics } from "../../stats/vector-statistics";
import { headed } from "../../text/headed";
import type { ActivationPatchingResult } from "./result";

/** How a head does on one set of prompts, unpatched. */
export interface BaselineSummary {
  /** The set's name; "all" for all prompts together. */
  readonly prompts: string;
  /** Different prompts: those that are the same up to the measured token are one. */
  readonly n: number;
  readonly mean_activation: number;
  readonly mean_prediction: number;
  /** Pearson's correlation of activation and prediction; null if one is constant. */
  readonly correlation: number | null;
  /** Its 95% interval over prompts; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The unpatched run in numbers, for each set of prompts and for all together.
 *
 * @param setOf the set that each prompt belongs to, in prompt order
 */
export function baselineBySet(
  { baseline, prompts }: ActivationPatchingResult,
  setOf: readonly string[],
): BaselineSummary[] {
  const rows = [...new Set(setOf), "all"].map((name) => {
    const inSet = [...prompts.keys()].filter((prompt) => name === "all" || setOf[prompt] === name);
    const once = measuredOnce(inSet.map((i) => prompts[i])).map((i) => inSet[i]);
    const activation = once.map((prompt) => baseline.activation[prompt]);
    const prediction = once.map((prompt) => baseline.prediction[prompt]);
    return {
      prompts: name,
      n: once.length,
      mean_activation: vectorStatistics(activation).mean,
      mean_prediction: vectorStatistics(prediction).mean,
      ...correlation(
        activation,
        prediction,
        once.map((prompt) => baseline.rounding[prompt]),
      ),
    };
  });
  return headed(rows, { n: "different ones", low: "interval from", high: "to" });
}

function correlation(
  activation: readonly number[],
  prediction: readonly number[],
  rounding: readonly number[],
): Pick<BaselineSummary, "correlation" | "low" | "high"> {
  const { estimate, low, high } = correlationOverPrompts(
    baselineCorrelation({ activation, prediction }, rounding),
    activation,
    prediction,
    { x: activation.map(activationRounding), y: rounding },
    "constant",
  );
  return { correlation: estimate, low, high };
}
