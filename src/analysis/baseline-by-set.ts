import type { ActivationPatchingResult } from "../results/activation-patching-result";
import { bootstrapInterval } from "../stats/bootstrap-interval";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import { vectorStatistics } from "../stats/vector-statistics";

/** How a head does on one set of prompts, unpatched. */
export interface BaselineSummary {
  /** The set's name; "all" for all prompts together. */
  readonly prompts: string;
  readonly n: number;
  readonly mean_activation: number;
  readonly mean_prediction: number;
  /** Pearson's correlation of activation and prediction; null if one is constant. */
  readonly correlation: number | null;
  /** Its 95% interval over prompts, by bootstrap; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The unpatched run in numbers, for each set of prompts and for all together.
 *
 * @param setOf the set that each prompt belongs to, in prompt order
 */
export function baselineBySet(
  { baseline }: ActivationPatchingResult,
  setOf: readonly string[],
): BaselineSummary[] {
  return [...new Set(setOf), "all"].map((name) => {
    const inSet = (_: number, prompt: number) => name === "all" || setOf[prompt] === name;
    const activation = baseline.activation.filter(inSet);
    const prediction = baseline.prediction.filter(inSet);
    return {
      prompts: name,
      n: activation.length,
      mean_activation: vectorStatistics(activation).mean,
      mean_prediction: vectorStatistics(prediction).mean,
      ...correlation(activation, prediction, `bootstrap-baseline/${name}`),
    };
  });
}

function correlation(
  activation: readonly number[],
  prediction: readonly number[],
  name: string,
): Pick<BaselineSummary, "correlation" | "low" | "high"> {
  const pairs = activation.map((value, i) => [value, prediction[i]] as const);
  const { estimate, low, high } = bootstrapInterval(
    pairs,
    (drawn) =>
      pearsonCorrelation(
        drawn.map(([value]) => value),
        drawn.map(([, value]) => value),
      ),
    { name },
  );
  return { correlation: estimate, low, high };
}
