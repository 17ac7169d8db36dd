import { figureNumbers, figureSummary } from "../display/figure-text";
import { plainFigure } from "../display/plain-figure";
import { safeFigure } from "../display/safe-figure";
import { FigureError, TslensError } from "../errors";
import {
  activationPatchingFigures,
  linearWeightsFigures,
  neuronSweepFigures,
} from "../experiments/result-figures";
import type { Figure } from "../figures/figure";
import type { FigureOptions } from "../figures/figure-options";
import { checkedResult } from "../results/serialize-result";

/** A figure of a results page, with nothing in it that could run or lead elsewhere. */
export interface PageFigure {
  readonly name: string;
  readonly wide: Figure;
  /** The same for a phone; null where only one size is known. */
  readonly narrow: Figure | null;
  /** What it shows, in a sentence or two, and its numbers, a line a trace: plain texts. */
  readonly summary: string;
  readonly numbers: string;
}

/** What is drawn of a result. */
interface Drawn {
  readonly kind: string;
  readonly content: unknown;
  /** The figures whose JSON lies beside it. */
  readonly stored: readonly PageFigure[];
}

/** The figures of a result. */
export interface ResultFigures {
  readonly figures: readonly PageFigure[];
  /** Why others could not be drawn, a line each. */
  readonly problems: readonly string[];
}

type Size = NonNullable<FigureOptions["size"]>;
type Draw = (content: unknown, size: Size) => object;

/** How a kind of result is drawn, after it was checked: it may come from anywhere. */
const DRAW: ReadonlyMap<string, Draw> = new Map<string, Draw>([
  [
    "linear_weights_analysis",
    (content, size) =>
      linearWeightsFigures(checkedResult("linear_weights_analysis", content), { size }),
  ],
  [
    "activation_patching",
    (content, size) => {
      const result = checkedResult("activation_patching", content);
      requireFewPoints(result.prompts.length * result.scale_factors.length);
      return activationPatchingFigures(result, { size });
    },
  ],
  [
    "neuron_sweep",
    (content, size) => neuronSweepFigures(checkedResult("neuron_sweep", content), { size }),
  ],
]);

/** Of prompts and factors: more take long to lay out, and a page would refuse them all the same. */
const MOST_POINTS = 20_000;

function requireFewPoints(points: number): void {
  if (points <= MOST_POINTS) return;
  throw new FigureError("its prompts and factors are too many for this page", {
    found: `${points} points`,
    expected: `at most ${MOST_POINTS}`,
  });
}

/**
 * The figures of a result: those that can be drawn from its numbers, in both sizes, then those that
 * lie beside it and are none of them.
 */
export function pageFigures({ kind, content, stored }: Drawn): ResultFigures {
  const problems: string[] = [];
  const unless = <T>(draw: () => T, otherwise: T): T => {
    try {
      return draw();
    } catch (error) {
      // A result may be as its schema says and still contradict itself.
      const isOurs = error instanceof TslensError;
      problems.push(isOurs ? error.message : "its numbers contradict each other");
      return otherwise;
    }
  };
  const draw = DRAW.get(kind);
  const [wide, narrow] = unless<readonly Record<string, Figure>[]>(
    () => (["notebook", "column"] as const).map((size) => ({ ...draw?.(content, size) })),
    [{}, {}],
  );
  const drawn = Object.entries(wide!).flatMap(([name, figure]) =>
    unless(() => [pageFigure(name, figure, narrow![name])], []),
  );
  const others = stored.filter(({ name }) => !drawn.some((figure) => figure.name === name));
  return { figures: [...drawn, ...others], problems };
}

/**
 * A figure that a file holds.
 *
 * @throws {FigureError} when it is none that a page may draw
 */
export function storedFigure(name: string, content: unknown): PageFigure {
  const wide = plainFigure(safeFigure(content));
  return { name, wide, narrow: null, ...textsOf(content as Figure) };
}

function pageFigure(name: string, figure: Figure, narrow: Figure | undefined): PageFigure {
  return {
    name,
    wide: safeFigure(plainFigure(figure)),
    narrow: narrow ? safeFigure(plainFigure(narrow)) : null,
    ...textsOf(figure),
  };
}

/** From the figure as it was: its description is a text, in which nothing is a tag. */
function textsOf({ data, layout = {} }: Figure): Pick<PageFigure, "summary" | "numbers"> {
  const figure = { data, layout };
  return { summary: figureSummary(figure), numbers: figureNumbers(figure) };
}
