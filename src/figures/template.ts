import type { Layout, PlotData, Template } from "plotly.js";
import { COLOURWAY } from "./colours";
import type { Figure } from "./figure";

/** The width of a figure, in pixels: a notebook's column, and legible at a paper's full width. */
export const FIGURE_WIDTH = 860;

/** Ink of titles, axes and labels. */
export const INK = "#222222";
/** Ink of notes and less important lines. */
export const SOFT_INK = "#5A5A5A";

const FONT = '"Open Sans", "Segoe UI", Helvetica, Arial, "DejaVu Sans", sans-serif';

const axis = {
  automargin: true,
  showline: true,
  linecolor: "#666666",
  linewidth: 1,
  ticks: "outside",
  ticklen: 4,
  tickcolor: "#666666",
  tickfont: { size: 12 },
  gridcolor: "#E8E8E8",
  zeroline: true,
  zerolinecolor: "#9A9A9A",
  zerolinewidth: 1.2,
  title: { font: { size: 13 }, standoff: 10 },
} as const;

/**
 * The template "tslens": white paper (so it prints, and stays readable as a card on a dark theme),
 * dark ink, titles at the left, colours that everybody can tell apart.
 */
export const template: Template = {
  layout: {
    paper_bgcolor: "#FFFFFF",
    plot_bgcolor: "#FFFFFF",
    colorway: [...COLOURWAY],
    font: { family: FONT, size: 13, color: INK },
    title: {
      x: 0,
      xref: "paper",
      xanchor: "left",
      font: { size: 17, color: INK, weight: 600 },
      subtitle: { font: { size: 13, color: SOFT_INK } },
    } as Layout["title"],
    xaxis: axis,
    yaxis: axis,
    hovermode: "closest",
    hoverlabel: {
      align: "left",
      bgcolor: "#FFFFFF",
      bordercolor: "#9A9A9A",
      font: { family: FONT, size: 12, color: INK },
      namelength: -1,
    },
    legend: { orientation: "h", x: 0, xanchor: "left", font: { size: 12 } },
  },
};

/**
 * Puts traces and a layout under the template.
 *
 * @param description - one or two sentences that say in words what the figure shows; kept in
 *   `layout.meta.description`, and read where the picture cannot be seen
 */
export function figure(
  data: Partial<PlotData>[],
  layout: Partial<Layout>,
  description: string,
): Figure {
  return {
    data: data as Record<string, unknown>[],
    layout: {
      template,
      width: FIGURE_WIDTH,
      ...layout,
      meta: { description },
    },
  };
}
