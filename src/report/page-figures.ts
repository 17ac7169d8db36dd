import { figureNumbers, figureSummary } from "../display/figure-text";
import { plainFigure } from "../display/plain-figure";
import { safeFigure } from "../display/safe-figure";
import { FigureError, TslensError } from "../errors";
import { experimentOf, type ResultName } from "../experiments/registry";
import { checkedResult } from "../experiments/serialize-result";
import type { Figure } from "../figures/figure";
import { cellText } from "../text/cell";
import { LONGEST_SENTENCE, shownText } from "../text/shown-text";

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
  /** What was found, a sentence each. */
  readonly findings: readonly string[];
  /** Why others could not be drawn, a line each. */
  readonly problems: readonly string[];
}

/** More take long to lay out, and a page would refuse them all the same. */
const MOST_POINTS = 20_000;

function requireFewPoints(points: number): void {
  if (points <= MOST_POINTS) return;
  throw new FigureError("its points are too many for this page", {
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
  const { sizes, findings } = unless(() => checked(kind, content), {
    sizes: [{}, {}],
    findings: [],
  });
  const [wide, narrow] = sizes;
  const drawn = Object.entries(wide!).flatMap(([name, figure]) =>
    unless(() => [pageFigure(name, figure, narrow![name])], []),
  );
  const others = stored.filter(({ name }) => !drawn.some((figure) => figure.name === name));
  return { figures: [...drawn, ...others], findings, problems };
}

interface Checked {
  /** Its figures in both sizes. */
  readonly sizes: readonly Record<string, Figure>[];
  readonly findings: readonly string[];
}

/** Of a result that was checked: it may come from anywhere. */
function checked(kind: string, content: unknown): Checked {
  const experiment = experimentOf(kind);
  if (!experiment) return { sizes: [{}, {}], findings: [] };
  const result = checkedResult(kind as ResultName, content);
  requireFewPoints(experiment.points?.(result) ?? 0);
  return {
    sizes: (["notebook", "column"] as const).map((size) => ({
      ...(experiment.figures(result, { size }) as Record<string, Figure>),
    })),
    findings: (experiment.findings?.(result) ?? []).map(({ found }) =>
      shownText(cellText(found), LONGEST_SENTENCE),
    ),
  };
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

/** A figure of ours in both sizes, with texts that may come from anywhere. */
export function pageFigure(name: string, figure: Figure, narrow: Figure | undefined): PageFigure {
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
