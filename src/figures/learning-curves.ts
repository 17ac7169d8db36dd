import { FigureError } from "../errors";
import { count } from "../text/count";
import { formatNumber } from "../text/format-number";
import { COLOURWAY } from "./colours";
import type { Figure } from "./figure";
import type { FigureOptions } from "./figure-options";
import { type FigureSize, figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "./template";
import { drawable, sameLength } from "./validate";

/** What a head's `training_metrics.json` says of its training. */
export interface TrainingCurves {
  /** Loss on the training texts after each epoch. */
  readonly train_loss: readonly number[];
  /** Loss on the validation texts after each epoch. */
  readonly val_loss: readonly number[];
  /** The epoch whose weights are `best_model`, from 1. */
  readonly best_epoch: number;
  /** How a closed form chose its penalty. */
  readonly ridge?: {
    readonly penalty: number;
    readonly cross_validation: readonly { readonly penalty: number; readonly mse: number }[];
  } | null;
}

/** One line of the figure. */
interface Curve {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * How a head was trained: loss after each epoch with the best one marked, or for a head solved in
 * closed form its cross-validated error over the penalties with the chosen one marked.
 *
 * @throws {FigureError} when there is neither (a token head is not trained), the two losses differ in
 *   length, or a loss is not finite
 *
 * @example
 * learningCurvesFigure({ train_loss: [1, 0.6, 0.5], val_loss: [1.1, 0.7, 0.8], best_epoch: 2 });
 */
export function learningCurvesFigure(metrics: TrainingCurves, titles: FigureOptions = {}): Figure {
  if (metrics.ridge) return penaltyCurve(metrics.ridge, titles);
  if (metrics.train_loss.length > 0) return lossCurves(metrics, titles);
  throw new FigureError("There are no learning curves", {
    found: "no epochs and no cross-validation",
    expected: "the metrics of a head that was trained",
    remedy: "A token head has nothing to learn.",
  });
}

function lossCurves(
  { train_loss, val_loss, best_epoch }: TrainingCurves,
  { title = "How the loss fell", subtitle, size }: FigureOptions,
): Figure {
  sameLength("val_loss", val_loss, train_loss.length, "epoch");
  const epochs = train_loss.map((_, index) => index + 1);
  const best = { x: best_epoch, y: val_loss[best_epoch - 1]! };
  return curves({
    size,
    title,
    subtitle: subtitle ?? `${count(epochs.length, "epoch")}; best_model is that of epoch ${best.x}`,
    lines: [
      { name: "training texts", x: epochs, y: train_loss },
      { name: "validation texts", x: epochs, y: val_loss },
    ],
    marked: { ...best, name: "best epoch" },
    xaxis: { title: { text: "epoch" } },
    yTitle: "loss",
  });
}

function penaltyCurve(
  { penalty, cross_validation }: NonNullable<TrainingCurves["ridge"]>,
  { title = "How the penalty was chosen", subtitle, size }: FigureOptions,
): Figure {
  const chosen = cross_validation.find((fold) => fold.penalty === penalty);
  return curves({
    size,
    title,
    subtitle: subtitle ?? `Ridge regression, cross-validated; chosen: ${formatNumber(penalty)}`,
    lines: [
      {
        name: "validation error",
        x: cross_validation.map((fold) => fold.penalty),
        y: cross_validation.map((fold) => fold.mse),
      },
    ],
    marked: chosen ? { x: chosen.penalty, y: chosen.mse, name: "chosen penalty" } : null,
    xaxis: { title: { text: "penalty" }, type: "log", exponentformat: "power", dtick: 1 },
    yTitle: "mean squared error",
  });
}

function curves(spec: {
  readonly size?: FigureSize;
  readonly title: string;
  readonly subtitle: string;
  readonly lines: readonly Curve[];
  readonly marked: { readonly x: number; readonly y: number; readonly name: string } | null;
  readonly xaxis: Record<string, unknown>;
  readonly yTitle: string;
}): Figure {
  const { size = "notebook", title, subtitle, lines, marked, xaxis, yTitle } = spec;
  const data: Record<string, unknown>[] = lines.map(({ name, x, y }, index) => ({
    type: "scatter",
    mode: "lines+markers",
    name,
    x: drawable(name, x),
    y: drawable(name, y),
    line: { color: COLOURWAY[index], width: 2 },
    marker: { size: 5 },
    hovertemplate: `${name}<br>%{x}: %{y:.4g}<extra></extra>`,
  }));
  if (marked) {
    data.push({
      type: "scatter",
      mode: "markers",
      name: marked.name,
      x: [marked.x],
      y: [marked.y],
      marker: { symbol: "circle-open", size: 14, color: INK, line: { width: 2 } },
      hovertemplate: `${marked.name} %{x}: %{y:.4g}<extra></extra>`,
    });
  }
  return figure({
    title,
    subtitle,
    description: `${title}. ${subtitle}.`,
    height: 328 + ROOM_FOR_LEGEND[size],
    size,
    data,
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 24, b: ROOM_FOR_LEGEND[size], l: 72 },
      xaxis,
      yaxis: { title: { text: yTitle }, rangemode: "tozero" },
    },
  });
}
