import { measuredOnce } from "../../analysis/measured-once";
import type { Interval } from "../../results/evidence-parts";
import type { PatchedRun } from "../../results/schema-parts";
import { oneSample } from "../../stats/one-sample";
import type { Cell, Fact } from "../../text/cell";
import { headed } from "../../text/headed";
import { phrase } from "../../text/phrase";
import type { PromptSensitivity } from "./figures/per-input-sensitivity";
import type { ActivationPatchingResult } from "./result";

/** The unpatched run for a table, a row a prompt. */
export function listBaseline(result: ActivationPatchingResult) {
  const { activation, prediction } = result.baseline;
  return promptLabels(result).map((prompt, i) => ({
    prompt,
    activation: activation[i],
    prediction: prediction[i],
    error: prediction[i] - activation[i],
  }));
}

/** A patched run beside the unpatched one, a row a prompt; the change also in its standard deviations. */
export function listPatched(result: ActivationPatchingResult, run: PatchedRun) {
  const { activation, prediction } = result.baseline;
  const { prediction_std } = result.evidence.effect_sizes;
  const rows = promptLabels(result).map((prompt, i) => ({
    prompt,
    activation: activation[i],
    patched: run.activation[i],
    prediction: prediction[i],
    patched_prediction: run.prediction[i],
    change: run.prediction[i] - prediction[i],
    in_standard_deviations:
      prediction_std === 0 ? null : (run.prediction[i] - prediction[i]) / prediction_std,
  }));
  return headed(rows, {
    patched_prediction: "prediction then",
    in_standard_deviations: "change in standard deviations",
  });
}

/**
 * Mean changes over the prompts, for a table, a row a factor. They are counted along the activation: where
 * it falls with the factor, signs are turned, since rises and falls would cancel. (The plain averages are
 * `avg_act_changes` and `avg_pred_changes`.)
 */
export function listScaling(result: ActivationPatchingResult) {
  const { runs } = result.evidence.effect_sizes;
  const ofFactors = runs.slice(runs.length - result.scale_factors.length);
  const { activation, prediction } = result.baseline;
  const once = measuredOnce(result.prompts);
  const along = (patched: readonly number[], clean: readonly number[]) =>
    oneSample(once.map((i) => (activation[i] < 0 ? -1 : 1) * (patched[i] - clean[i])));
  const rows = result.scale_factors.map((factor, i) => {
    const moved = along(result.scaling[i].activation, activation);
    const follows = along(result.scaling[i].prediction, prediction);
    return {
      factor,
      activation_change: moved.mean,
      prediction_change: follows.mean,
      standard_error: follows.standard_error,
      size_in_standard_deviations: ofFactors[i].mean_absolute_change,
    };
  });
  return headed(rows, {
    activation_change: "mean change of the activation",
    prediction_change: "mean change of the prediction with it",
    size_in_standard_deviations: "its size in standard deviations",
  });
}

/** A slope in a table, with how it was measured. */
export interface SlopeRow {
  readonly measured: string;
  /** With its 95% interval over prompts. */
  readonly slope: Interval | number | null;
  readonly intercept: Interval | "";
  readonly r_squared: Interval | "";
  readonly note: Cell;
}

/** The slope by every way that it was measured. */
export function listSlopes(result: ActivationPatchingResult): SlopeRow[] {
  const { evidence, direct_effect, quantiles } = result;
  const { all_points, changed_points, prompt_slopes } = evidence;
  const { closed_form } = direct_effect;
  const row = (measured: string, slope: Interval, rest: Partial<SlopeRow> = {}): SlopeRow => ({
    ...{ measured, slope, intercept: "", r_squared: "", note: slope.reason ?? "" },
    ...rest,
  });
  const fit = ({ intercept, r_squared }: Pick<typeof all_points, "intercept" | "r_squared">) => ({
    intercept,
    r_squared,
  });
  const rows: SlopeRow[] = [
    row("scaled, all points", all_points.slope, fit(all_points)),
    row("scaled, without unchanged points", changed_points.slope, fit(changed_points)),
    row("mean of the prompts' own slopes", prompt_slopes.mean, {
      note:
        prompt_slopes.mean.reason ??
        phrase`n = ${prompt_slopes.n}, standard deviation ${prompt_slopes.std}`,
    }),
    row("set to its quantiles", quantiles.slope, fit(quantiles)),
    row("direct path alone", direct_effect.direct_slope),
    row("all other paths", direct_effect.indirect_slope),
    {
      ...{ measured: "closed form", slope: closed_form.slope, intercept: "", r_squared: "" },
      note: closed_form.reason ?? phrase`measured minus closed form: ${closed_form.difference}`,
    },
  ];
  return headed(rows, { measured: "how it was measured", r_squared: "R²" });
}

/** What the head and its neuron were compared with. */
export function describeControls({ controls, evidence }: ActivationPatchingResult): Fact[] {
  const { neurons, shuffled_labels } = controls;
  const largest = (slopes: readonly (number | null)[]) =>
    phrase`${Math.max(...slopes.map((slope) => Math.abs(slope ?? 0)))}`;
  const facts: Fact[] = [
    { name: "slope", value: evidence.typical_slope.slope },
    {
      name: "slope in standard deviations (prediction per activation)",
      value: evidence.typical_slope.standardized,
    },
  ];
  if (neurons.reason !== null) {
    facts.push({ name: "other neurons of the layer", value: `none: ${neurons.reason}` });
  } else {
    facts.push(
      {
        name: "other neurons of the layer",
        value: `${neurons.neurons.length} of ${neurons.candidates} that vary about as much`,
      },
      {
        name: "their largest |slope|",
        value: largest(neurons.neurons.map(({ slope }) => slope)),
      },
      { name: "this |slope| among them", value: neurons.slope_rank },
      { name: "this effect (|slope| × spread) among theirs", value: neurons.effect_rank },
    );
  }
  if (shuffled_labels.reason !== null) {
    facts.push({ name: "heads on shuffled labels", value: `none: ${shuffled_labels.reason}` });
  } else {
    const { heads, test_r_squared, selectivity, slope_rank, texts } = shuffled_labels;
    facts.push(
      { name: "heads on shuffled labels", value: `${heads.length}, trained on ${texts} texts` },
      { name: "their largest |slope|", value: largest(heads.map(({ slope }) => slope)) },
      { name: "this |slope| among them", value: slope_rank },
      {
        name: "test R² of the head; selectivity (minus theirs)",
        value: phrase`${test_r_squared}; ${selectivity}`,
      },
    );
  }
  return facts;
}

/** Prompts with their fits, the steepest first; prompts without a slope come last. */
export function bySensitivity({ per_input }: ActivationPatchingResult): PromptSensitivity[] {
  const steepness = ({ slope }: PromptSensitivity) => (slope === null ? -1 : Math.abs(slope));
  return per_input
    .map(({ slope, intercept, r2 }, prompt) => ({ prompt, slope, intercept, r_squared: r2 }))
    .sort((a, b) => steepness(b) - steepness(a));
}

/** The prompts' own fits for a table, the steepest first, with the activation that was scaled. */
export function listSensitivity(result: ActivationPatchingResult) {
  const labels = promptLabels(result);
  const rows = bySensitivity(result).map(({ prompt, slope, intercept, r_squared }) => ({
    prompt: labels[prompt],
    activation: result.baseline.activation[prompt],
    slope,
    intercept,
    r_squared,
  }));
  return headed(rows, { r_squared: "R²" });
}

/** A prompt as a reader sees it: its text, or its token ids where there is no tokenizer. */
export function promptLabels({ prompts }: ActivationPatchingResult): string[] {
  return prompts.map(({ text, tokens }) => text ?? `tokens ${tokens.join(" ")}`);
}
