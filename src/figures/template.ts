import type { Layout, PlotData, Template } from "plotly.js";
import { COLOURWAY } from "./colours";
import type { Figure } from "./figure";

/** The width of a figure, in pixels: a notebook's column beside a file list, and legible at a paper's full width. */
export const FIGURE_WIDTH = 820;

/** From the figure's upper edge to the foot of its title, in pixels. */
const TITLE_BASE = 36;
/** Space above the panels for the figure's title and subtitle. */
export const ROOM_FOR_TITLE = 76;
/** The same where each panel has a title of its own. */
export const ROOM_FOR_TITLES = 102;
/** Space below the panels for the axis's name, and for a legend under it. */
export const ROOM_FOR_LEGEND = 92;

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
      yref: "container",
      yanchor: "bottom",
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
    legend: {
      orientation: "h",
      x: 0,
      xanchor: "left",
      y: 0,
      yref: "container",
      yanchor: "bottom",
      font: { size: 12 },
      title: { font: { size: 12 } },
    },
  },
};

/** What a figure function draws. */
export interface Drawing {
  readonly title: string;
  readonly subtitle: string;
  /** One or two sentences that say in words what the figure shows. */
  readonly description: string;
  /** In pixels. */
  readonly height: number;
  readonly data: Partial<PlotData>[];
  readonly layout: Partial<Layout>;
}

/**
 * A drawing under the template. Its description is kept in `layout.meta.description`, and read where
 * the picture cannot be seen.
 */
export function figure({ title, subtitle, description, height, data, layout }: Drawing): Figure {
  return {
    data: data as Record<string, unknown>[],
    layout: {
      template,
      title: { text: title, subtitle: { text: subtitle }, y: 1 - TITLE_BASE / height },
      width: FIGURE_WIDTH,
      height,
      ...layout,
      meta: { description },
    },
  };
}
