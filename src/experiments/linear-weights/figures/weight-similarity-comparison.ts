import type { Annotations, Shape } from "plotly.js";
import { FigureError } from "../../../errors";
import { colourOf, type SeriesKind, withOpacity } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { figure, INK, ROOM_FOR_TITLE, SOFT_INK } from "../../../figures/template";
import { notEmpty } from "../../../figures/validate";
import type { RandomBaseline } from "../../../stats/random-baseline";
import { escapeHtml } from "../../../text/escape-html";
import { formatNumber } from "../../../text/format-number";
import { wrapWords } from "../../../text/wrap-words";

/** One bar: how alike the head's linear weights and another vector are. */
export interface Similarity {
  /** What the linear weights are compared with, e.g. `MLP input weights`. */
  readonly label: string;
  /** Cosine similarity, from −1 to 1; null where it does not exist (a vector of zeros). */
  readonly value: number | null;
  readonly kind: SeriesKind;
  /** Standard deviations from the random baseline's mean. */
  readonly z_score?: number | null;
}

export interface WeightSimilarityOptions extends FigureOptions {
  /** Cosines with random directions; their 5–95% range is drawn as a band. */
  readonly random_baseline?: Pick<RandomBaseline, "p5" | "p95" | "n">;
  /** What else a reader has to know of the vectors. */
  readonly note?: string;
}

/** Above this a label goes into its bar, since outside it would leave the plot. */
const ROOM_FOR_LABEL = 0.86;

/**
 * Bar chart of cosine similarities between a head's linear weights and other vectors, with the
 * 5–95% range of random directions behind the bars: a bar that ends inside the band says nothing.
 *
 * @throws {FigureError} when there is no similarity, or one is NaN, infinite or outside [−1, 1]
 *
 * @example
 * weightSimilarityComparisonFigure(
 *   [
 *     { label: "MLP input weights", value: 0.12, kind: "mlp_input" },
 *     { label: "MLP output weights", value: -0.03, kind: "mlp_output" },
 *   ],
 *   { random_baseline: { p5: -0.06, p95: 0.06, n: 1000 } },
 * );
 */
export function weightSimilarityComparisonFigure(
  similarities: readonly Similarity[],
  {
    random_baseline: baseline,
    note,
    title = "How alike are the head's weights and the neuron's?",
    subtitle,
    size = "notebook",
  }: WeightSimilarityOptions = {},
): Figure {
  notEmpty("weight_similarity_comparison", similarities, "similarity");
  for (const { label, value } of similarities) checkCosine(label, value);
  const places = similarities.map((_, index) => index);
  const inside = similarities.map(({ value }) => Math.abs(value ?? 0) > ROOM_FOR_LABEL);

  const said = "Cosine similarity with the head's linear weights";
  const isNarrow = size === "column";
  return figure({
    title,
    // Beside the band there is no room for its name in a narrow figure.
    subtitle:
      subtitle ??
      [
        [said, ...(isNarrow ? bandText(baseline) : [])].join("; grey: "),
        ...(note === undefined ? [] : [escapeHtml(note)]),
      ].join(". "),
    description: `${title} ${similarities
      .map(({ label, value }) => `${label}: ${formatNumber(value)}`)
      .join("; ")}.${
      baseline?.p5 == null
        ? ""
        : ` 90% of random directions lie between ${formatNumber(baseline.p5)} and ${formatNumber(baseline.p95)}.`
    }${note === undefined ? "" : ` ${note}.`}`,
    height: isNarrow ? 480 : 440,
    size,
    data: [
      {
        type: "bar",
        name: "cosine similarity",
        x: places,
        y: similarities.map(({ value }) => value),
        width: places.map(() => 0.5),
        marker: {
          color: similarities.map(({ kind }) => withOpacity(colourOf(kind), 0.85)),
          line: { color: similarities.map(({ kind }) => colourOf(kind)), width: 1 },
        },
        text: similarities.map(({ value }) => cosineText(value)),
        textposition: inside.map((isInside) => (isInside ? "inside" : "outside")) as never,
        insidetextanchor: "end",
        textangle: 0,
        constraintext: "none",
        cliponaxis: false,
        textfont: { size: 14, color: INK },
        customdata: similarities.map(({ label, z_score }) => [
          escapeHtml(label),
          formatNumber(z_score ?? null, 3),
        ]),
        hovertemplate:
          "<b>%{customdata[0]}</b><br>cosine %{y:.4f}<br>z-score %{customdata[1]}<extra></extra>",
        showlegend: false,
      },
    ],
    layout: {
      margin: {
        t: ROOM_FOR_TITLE,
        r: baseline && !isNarrow ? 130 : 24,
        b: isNarrow ? 92 : 52,
        l: 64,
      },
      xaxis: {
        tickvals: places,
        ticktext: similarities.map(({ label }) =>
          wrapWords(
            unbroken(label),
            Math.max(isNarrow ? 7 : 12, Math.floor((isNarrow ? 42 : 90) / similarities.length)),
          )
            .map(escapeHtml)
            .join("<br>"),
        ),
        range: [-0.6, similarities.length - 0.4],
        showgrid: false,
        zeroline: false,
        ticks: "",
        tickangle: 0,
        tickfont: { size: isNarrow ? 12 : 13 },
      },
      yaxis: {
        title: { text: "cosine similarity" },
        range: [-1, 1],
        dtick: 0.25,
        tickformat: ".2~f",
        zerolinecolor: INK,
        zerolinewidth: 1.5,
      },
      shapes: band(baseline),
      annotations: [
        ...(isNarrow ? [] : bandNote(baseline)),
        ...similarities.flatMap(({ value }, place) => (value === null ? [noValue(place)] : [])),
      ],
    },
  });
}

/** Keeps an index such as `[n, :]` on one line. */
function unbroken(label: string): string {
  return label.replace(/\[[^\]]*\]/g, (index) => index.replace(/ /g, "\u00a0"));
}

function checkCosine(label: string, value: number | null): void {
  // Rounding may carry a cosine a hair beyond 1.
  if (value !== null && !(Math.abs(value) <= 1 + 1e-6)) {
    throw new FigureError(`The similarity "${label}" cannot be drawn`, {
      found: String(value),
      expected: "a cosine from -1 to 1, or null",
    });
  }
}

function cosineText(value: number | null): string {
  if (value === null) return "";
  const digits = Math.abs(value) < 0.0995 ? 3 : 2;
  return value.toFixed(digits).replace("-", "−");
}

function band(baseline: WeightSimilarityOptions["random_baseline"]): Partial<Shape>[] {
  if (baseline?.p5 == null || baseline.p95 === null) return [];
  return [
    {
      type: "rect",
      layer: "below",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: baseline.p5,
      y1: baseline.p95,
      fillcolor: withOpacity(colourOf("random"), 0.35),
      line: { width: 0 },
    },
  ];
}

/** What the band is, in words; none without a band. */
function bandText(baseline: WeightSimilarityOptions["random_baseline"]): string[] {
  if (baseline?.p5 == null || baseline.p95 === null) return [];
  const range = `${formatNumber(baseline.p5, 2)} to ${formatNumber(baseline.p95, 2)}`;
  return [`5–95% of ${baseline.n.toLocaleString("en-US")} random directions, ${range}`];
}

function bandNote(baseline: WeightSimilarityOptions["random_baseline"]): Partial<Annotations>[] {
  if (baseline?.p5 == null || baseline.p95 === null) return [];
  return [
    {
      text: `5–95% of ${baseline.n.toLocaleString("en-US")}<br>random directions:<br>${formatNumber(baseline.p5, 2)} to ${formatNumber(baseline.p95, 2)}`,
      showarrow: false,
      xref: "paper",
      x: 1,
      xanchor: "left",
      xshift: 8,
      y: (baseline.p5 + baseline.p95) / 2,
      yanchor: "middle",
      align: "left",
      font: { size: 12, color: SOFT_INK },
    },
  ];
}

function noValue(place: number): Partial<Annotations> {
  return {
    text: "does not exist<br>(a vector of zeros)",
    showarrow: false,
    x: place,
    y: 0,
    yanchor: "bottom",
    yshift: 6,
    font: { size: 12, color: SOFT_INK },
  };
}
