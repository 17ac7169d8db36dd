import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { neuronSweepFigure } from "./figures/neuron-sweep";
import type { NeuronSweepResult } from "./result";

/** A sweep's figure by file name. */
export interface NeuronSweepFigures {
  readonly neuron_sweep: Figure;
}

/**
 * A sweep's figure.
 *
 * @param options - `size: "column"` for one column of a paper
 * @example
 * const figures = neuronSweepFigures(await analyzeNeuronSweep(head, prompts));
 * await showFigure(figures.neuron_sweep);
 */
export function neuronSweepFigures(
  { swept, target }: NeuronSweepResult,
  { size }: Pick<FigureOptions, "size"> = {},
): NeuronSweepFigures {
  return { neuron_sweep: neuronSweepFigure(swept, target, { size }) };
}
