import type { Figure } from "../figures/figure";
import type { FigureOptions } from "../figures/figure-options";
import { plainFigure } from "../figures/plain-figure";
import {
  activationPatchingFigures,
  linearWeightsFigures,
  neuronSweepFigures,
} from "../figures/result-figures";
import type { FoundResult } from "./collect-results";

/** A figure of a results page. */
export interface PageFigure {
  readonly name: string;
  readonly wide: Figure;
  /** The same for a phone; null where only one size is known. */
  readonly narrow: Figure | null;
}

type Draw = (result: never, options: Pick<FigureOptions, "size">) => object;

const DRAW: Readonly<Record<string, Draw>> = {
  linear_weights_analysis: linearWeightsFigures,
  activation_patching: activationPatchingFigures,
  neuron_sweep: neuronSweepFigures,
};

/**
 * The figures of a result: those that can be drawn from its numbers, in both sizes, then those that
 * lie beside it and are none of them.
 */
export function pageFigures({ kind, content, stored }: FoundResult): PageFigure[] {
  const wide = drawn(kind, content, "notebook");
  const narrow = drawn(kind, content, "column");
  return [
    ...Object.entries(wide).map(([name, figure]) => ({
      name,
      wide: figure,
      narrow: narrow[name] ?? null,
    })),
    ...stored
      .filter(({ name }) => !(name in wide))
      .map(({ name, figure }) => ({ name, wide: figure, narrow: null })),
  ];
}

/** None where the result is of an older or newer tslens, or a number in it cannot be drawn. */
function drawn(
  kind: string,
  content: FoundResult["content"],
  size: FigureOptions["size"],
): Record<string, Figure> {
  try {
    const figures = Object.entries(DRAW[kind]?.(content as never, { size }) ?? {});
    return Object.fromEntries(figures.map(([name, figure]) => [name, plainFigure(figure)]));
  } catch {
    return {};
  }
}
