import type { Annotations } from "plotly.js";
import { FigureError } from "../../../errors";
import { colourOf, type SeriesKind } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { placeLabels } from "../../../figures/place-labels";
import { FIGURE_WIDTHS, figure, ROOM_FOR_TITLE } from "../../../figures/template";
import { drawable, notEmpty, sameLength } from "../../../figures/validate";
import type { PrincipalComponents } from "../../../stats/principal-components";
import { escapeHtml } from "../../../text/escape-html";
import { formatNumber } from "../../../text/format-number";

/** What one point is. */
export interface VectorName {
  readonly label: string;
  readonly kind: SeriesKind;
}

/** The size of the plot inside its axes, in pixels. */
interface PlotArea {
  readonly width: number;
  readonly height: number;
}

const HEIGHT = 460;
/** By how much a phone may be narrower than a paper's column. */
const PHONE = 60;
const MARGIN = { t: ROOM_FOR_TITLE, r: 24, b: 60, l: 72 };
const LABEL_PLACES = [20, -20, 37, -37, 54, -54].map((y) => ({ x: 0, y }));
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "star"];

/**
 * The weight vectors in the plane in which they differ most. One unit is equally long on both axes,
 * so distances on paper are distances between vectors.
 *
 * @param vectors - what the points are, in their order
 * @throws {FigureError} when vectors and points differ in number, or a coordinate is not finite
 *
 * @example
 * weightVectorsPcaFigure(
 *   [{ label: "head", kind: "head" }, { label: "MLP input", kind: "mlp_input" }],
 *   principalComponents([linear, mlpIn]),
 * );
 */
export function weightVectorsPcaFigure(
  vectors: readonly VectorName[],
  { points, explained_variance_ratio: ratios }: PrincipalComponents,
  {
    title = "The weight vectors in the plane where they differ most",
    subtitle = "Principal components of the vectors; distances are to scale",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  notEmpty("weight_vectors_pca", vectors, "vector");
  sameLength("points", points, vectors.length, "vector");
  const coordinates = points.map((point, index) => drawable(vectors[index]!.label, point));
  for (const point of coordinates) sameLength("point", point, 2, "component");
  ratios.forEach((ratio, index) => {
    if (ratio !== null && !Number.isFinite(ratio)) {
      throw new FigureError(`The explained variance of component ${index + 1} cannot be drawn`, {
        found: String(ratio),
      });
    }
  });
  const plot = {
    width: FIGURE_WIDTHS[size] - MARGIN.l - MARGIN.r - (size === "column" ? PHONE : 0),
    height: HEIGHT - MARGIN.t - MARGIN.b,
  };
  const [xRange, yRange] = rangesToScale(coordinates, plot);

  return figure({
    title,
    subtitle,
    description: `${title}. ${vectors
      .map(
        ({ label }, index) =>
          `${label} at (${coordinates[index]!.map((value) => formatNumber(value)).join(", ")})`,
      )
      .join("; ")}.`,
    height: HEIGHT,
    size,
    data: vectors.map(({ label, kind }, index) => ({
      type: "scatter",
      mode: "markers",
      name: escapeHtml(label),
      x: [coordinates[index]![0]!],
      y: [coordinates[index]![1]!],
      marker: {
        size: 14,
        color: colourOf(kind),
        symbol: SYMBOLS[index % SYMBOLS.length]!,
        line: { color: "#FFFFFF", width: 1 },
      },
      hovertemplate: "PC1 %{x:.4~g}<br>PC2 %{y:.4~g}",
      showlegend: false,
    })),
    layout: {
      margin: MARGIN,
      xaxis: { title: { text: axisTitle(1, ratios[0]) }, range: xRange },
      yaxis: {
        title: { text: axisTitle(2, ratios[1]) },
        range: yRange,
        scaleanchor: "x",
        scaleratio: 1,
      },
      annotations: labels(vectors, coordinates, xRange, yRange, plot),
    },
  });
}

function axisTitle(component: number, ratio: number | null): string {
  const share = ratio === null ? "no variance" : `${formatNumber(ratio * 100, 3)}% of the variance`;
  return `PC${component} (${share})`;
}

/** Ranges with room for labels, one unit equally long on both. */
function rangesToScale(
  coordinates: readonly number[][],
  { width, height }: PlotArea,
): [[number, number], [number, number]] {
  const [x, y] = [0, 1].map((axis) => {
    const values = coordinates.map((point) => point[axis]!);
    const low = Math.min(...values);
    const high = Math.max(...values);
    return { middle: (low + high) / 2, span: high - low };
  }) as [{ middle: number; span: number }, { middle: number; span: number }];
  const perPixel = Math.max((x.span * 1.5) / (width - 100), (y.span * 1.5) / height) || 1 / width;
  const around = (middle: number, pixels: number): [number, number] => [
    middle - (perPixel * pixels) / 2,
    middle + (perPixel * pixels) / 2,
  ];
  return [around(x.middle, width), around(y.middle, height)];
}

/** A label over or under each point, where it covers nothing. */
function labels(
  vectors: readonly VectorName[],
  coordinates: readonly number[][],
  xRange: readonly [number, number],
  yRange: readonly [number, number],
  { width, height }: PlotArea,
): Partial<Annotations>[] {
  const pixels = (value: number, [low, high]: readonly [number, number], size: number) =>
    ((value - low) / (high - low)) * size;
  const points = vectors.map(({ label }, index) => ({
    x: pixels(coordinates[index]![0]!, xRange, width),
    y: pixels(coordinates[index]![1]!, yRange, height),
    label,
  }));
  return placeLabels(points, LABEL_PLACES).map((offset, index) => ({
    text: escapeHtml(vectors[index]!.label),
    showarrow: false,
    x: coordinates[index]![0]!,
    y: coordinates[index]![1]!,
    yshift: (offset ?? LABEL_PLACES[0]!).y,
    bgcolor: "rgba(255, 255, 255, 0.85)",
    borderpad: 0,
    font: { size: 13 },
  }));
}
