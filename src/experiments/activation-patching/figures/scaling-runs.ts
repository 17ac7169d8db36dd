import { promptTitle } from "../../../figures/prompt-label";
import { drawable, notEmpty, sameLength } from "../../../figures/validate";

/** What a head read on every prompt, in one run. */
export interface Readings {
  /** `[prompt]` the neuron's activation. */
  readonly activations: ArrayLike<number>;
  /** `[prompt]` what the head predicted. */
  readonly predictions: ArrayLike<number>;
}

/** A scaling experiment: every prompt run once unpatched, and once for each factor. */
export interface ScalingRuns {
  /** `[prompt]` the prompts, as texts. */
  readonly prompts: readonly string[];
  /** The unpatched run. */
  readonly baseline: Readings;
  /** `[factor]` what the neuron's activation was multiplied by. */
  readonly factors: readonly number[];
  /** `[factor][prompt]` the patched activation. */
  readonly activations: readonly ArrayLike<number>[];
  /** `[factor][prompt]` the prediction under the patch. */
  readonly predictions: readonly ArrayLike<number>[];
}

/** The same runs, checked, from the smallest factor to the largest, with the changes against the unpatched run. */
export interface Changes {
  readonly factors: readonly number[];
  /** `[prompt]` */
  readonly prompts: readonly string[];
  readonly baselineActivations: readonly number[];
  readonly baselinePredictions: readonly number[];
  /** All `[factor][prompt]`. */
  readonly activations: readonly (readonly number[])[];
  readonly predictions: readonly (readonly number[])[];
  readonly activationChanges: readonly (readonly number[])[];
  readonly predictionChanges: readonly (readonly number[])[];
}

/**
 * Checks a scaling experiment and subtracts the unpatched run from it.
 *
 * @throws {FigureError} naming the series and the prompt, when lengths differ or a number is not finite
 */
export function changesOf(figureName: string, runs: ScalingRuns): Changes {
  const { prompts, factors, baseline } = runs;
  notEmpty(figureName, prompts, "prompt");
  notEmpty(figureName, factors, "factor");
  drawable("factors", factors);
  const promptName = (index: number) => `prompt ${index} ("${promptTitle(prompts[index]!, 40)}")`;
  const perPrompt = (series: string, values: ArrayLike<number>) => {
    sameLength(series, values, prompts.length, "prompt");
    return drawable(series, values, promptName);
  };
  const perFactor = (series: string, values: readonly ArrayLike<number>[]) => {
    sameLength(series, values, factors.length, "factor");
    return values.map((row, index) => perPrompt(`${series} at factor ${factors[index]}`, row));
  };
  const baselineActivations = perPrompt("baseline activations", baseline.activations);
  const baselinePredictions = perPrompt("baseline predictions", baseline.predictions);
  const order = factors.map((_, index) => index).sort((a, b) => factors[a]! - factors[b]!);
  const inOrder = <Item>(items: readonly Item[]) => order.map((index) => items[index]!);
  const activations = inOrder(perFactor("activations", runs.activations));
  const predictions = inOrder(perFactor("predictions", runs.predictions));
  return {
    factors: inOrder(factors),
    prompts,
    baselineActivations,
    baselinePredictions,
    activations,
    predictions,
    activationChanges: minus(activations, baselineActivations),
    predictionChanges: minus(predictions, baselinePredictions),
  };
}

/**
 * `[factor][prompt]` changes of either kind, their signs turned where the activation falls with the
 * factor: prompts of either sign would cancel in a mean.
 */
export function alongTheActivation({
  activations,
  activationChanges,
  predictionChanges,
}: Changes): Pick<Changes, "activationChanges" | "predictionChanges"> {
  const [first, last] = [activations[0]!, activations.at(-1)!];
  const signs = first.map((value, prompt) => (last[prompt]! < value ? -1 : 1));
  const turned = (rows: readonly (readonly number[])[]) =>
    rows.map((row) => row.map((value, prompt) => (value === 0 ? 0 : signs[prompt]! * value)));
  return {
    activationChanges: turned(activationChanges),
    predictionChanges: turned(predictionChanges),
  };
}

/** On how many prompts the prediction rises with the activation, of those on which that is moved. */
export function rising(changes: Changes): { readonly rises: number; readonly moved: number } {
  const { activationChanges, predictionChanges } = alongTheActivation(changes);
  const span = (rows: readonly (readonly number[])[], prompt: number) =>
    rows.at(-1)![prompt]! - rows[0]![prompt]!;
  const moved = [...changes.prompts.keys()].filter((prompt) => span(activationChanges, prompt) > 0);
  const rises = moved.filter((prompt) => span(predictionChanges, prompt) > 0);
  return { rises: rises.length, moved: moved.length };
}

function minus(rows: readonly number[][], baseline: readonly number[]): number[][] {
  return rows.map((row) => row.map((value, prompt) => value - baseline[prompt]!));
}

/** A factor as labels write it. */
export function factorLabel(factor: number): string {
  return `×${String(factor).replace("-", "−")}`;
}

/** One more than a hover label shows; all of them would make files three times as large. */
const HOVER_DIGITS = 5;

/** What a hover label says of one prompt at one factor, beside the prompt in `text`. */
export function pointData(changes: Changes, factor: number, prompt: number): (string | number)[] {
  return [
    factorLabel(changes.factors[factor]!),
    ...[
      changes.activations,
      changes.activationChanges,
      changes.predictions,
      changes.predictionChanges,
    ].map((rows) => Number(rows[factor]![prompt]!.toPrecision(HOVER_DIGITS))),
  ];
}

/** Hover label of a point with {@link pointData} as `customdata` and {@link promptHover} as `text`. */
export const POINT_HOVER =
  "<b>%{text}</b><br>factor %{customdata[0]}" +
  "<br>activation %{customdata[1]:.4~g} (change %{customdata[2]:.4~g})" +
  "<br>prediction %{customdata[3]:.4~g} (change %{customdata[4]:.4~g})<extra></extra>";
