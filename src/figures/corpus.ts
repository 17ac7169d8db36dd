import type { PlotData } from "plotly.js";
import type { CorpusHistogram, CorpusPoints } from "../results/corpus-points";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { formatNumber } from "../text/format-number";
import { colourOf, withOpacity } from "./colours";
import { extent, padded } from "./extent";
import type { Figure } from "./figure";
import type { FigureOptions } from "./figure-options";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "./template";
import { drawable, notEmpty, sameLength } from "./validate";

/** What of a corpus is drawn, as `topActivating` gives it. */
export interface CorpusValues {
  readonly texts: number;
  readonly positions: number;
  readonly correlation: number | null;
  /** Its mean is null where activation and prediction have no common unit. */
  readonly error: { readonly mean: number | null };
  readonly activation: { readonly histogram: CorpusHistogram };
  readonly points: CorpusPoints;
}

export interface CorpusFigureOptions extends FigureOptions {
  /**
   * Whether a line shows where activation and prediction are equal. Unless told otherwise it does where
   * they have one unit, as the corpus says by having an error.
   */
  readonly sharedScale?: boolean;
}

/** In pixels: the panel of points, the space over it, the histogram. */
const [POINTS, GAP, BARS] = [330, 14, 80];

/**
 * Activation against prediction at random positions of a corpus, over the histogram of the activation at
 * all of them.
 *
 * @param corpus as `topActivating` gives it
 * @throws {FigureError} when there is no point, series differ in length, or a number is not finite
 *
 * @example
 * const corpus = await topActivating(head, ["Once upon a time", "The king said no"]);
 * await showFigure(corpusFigure(corpus), { name: "corpus" });
 */
export function corpusFigure(
  corpus: CorpusValues,
  {
    title = "Activation and prediction over a corpus",
    subtitle,
    size = "notebook",
    sharedScale = corpus.error.mean !== null,
  }: CorpusFigureOptions = {},
): Figure {
  const { points, texts, positions, correlation } = corpus;
  notEmpty("The corpus", points.activation, "point");
  const nameOf = (i: number) => `position ${points.position[i]} of text ${points.text[i]}`;
  for (const key of ["prediction", "text", "position", "strToken"] as const) {
    sameLength(key, points[key], points.activation.length, "point");
  }
  const activation = drawable("activation", points.activation, nameOf);
  const prediction = drawable("prediction", points.prediction, nameOf);
  const { edges, counts } = corpus.activation.histogram;
  sameLength("histogram counts", counts, edges.length - 1, "bin");
  const x = padded([drawable("histogram edges", edges)[0], edges[edges.length - 1]]);
  const r = correlation === null ? "" : `, r = ${formatNumber(correlation, 3)}`;
  const drawn = points.activation.length;
  const shown = drawn < positions ? `; ${count(drawn, "point")} drawn` : "";
  const said = `${count(positions, "position")} of ${count(texts, "text")}${r}${shown}`;
  const total = POINTS + GAP + BARS;
  const bars: Partial<PlotData> = {
    ...{ type: "bar", name: "positions", xaxis: "x", yaxis: "y2", showlegend: false },
    x: counts.map((_, i) => (edges[i] + edges[i + 1]) / 2),
    y: drawable("histogram counts", counts),
    width: counts.map((_, i) => edges[i + 1] - edges[i]),
    marker: { color: withOpacity(colourOf("activation"), 0.55) },
    customdata: counts.map((_, i) => [formatNumber(edges[i]), formatNumber(edges[i + 1])]) as never,
    hovertemplate:
      "activation %{customdata[0]} to %{customdata[1]}<br>%{y} positions<extra></extra>",
  };
  const dots: Partial<PlotData> = {
    ...{ type: "scatter", mode: "markers", name: "a position" },
    ...{ x: activation, y: prediction },
    marker: {
      color: withOpacity(colourOf("prediction"), Math.min(Math.max(150 / drawn, 0.15), 0.7)),
      size: 5,
    },
    text: points.strToken.map(
      (token, i) => `<b>${escapeHtml(JSON.stringify(token))}</b>, ${nameOf(i)}`,
    ),
    hovertemplate: "%{text}<br>activation %{x:.4g}<br>prediction %{y:.4g}<extra></extra>",
  };
  const ends = extent([...activation, ...prediction]);
  const equal: Partial<PlotData> = {
    ...{ type: "scatter", mode: "lines", name: "prediction = activation", hoverinfo: "skip" },
    ...{ x: ends, y: ends },
    line: { color: INK, width: 1.2, dash: "dash" },
  };
  return figure({
    title,
    subtitle: subtitle ?? said,
    description: `${title}: ${said}. Activation from ${formatNumber(edges[0])} to ${formatNumber(edges[edges.length - 1])}.`,
    height: total + ROOM_FOR_TITLE + ROOM_FOR_LEGEND[size],
    size,
    data: [bars, dots, ...(sharedScale ? [equal] : [])],
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 20, b: ROOM_FOR_LEGEND[size], l: 64 },
      bargap: 0,
      xaxis: { title: { text: "activation" }, range: x, anchor: "y" },
      yaxis: { title: { text: "prediction" }, domain: [0, POINTS / total] },
      yaxis2: {
        ...{ domain: [1 - BARS / total, 1], anchor: "x", nticks: 3 },
        title: { text: "positions" },
      },
    },
  });
}
