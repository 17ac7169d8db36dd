import type { Layout, PlotData, Template } from "plotly.js";
import { wrapWords } from "../text/wrap-words";
import { COLOURWAY } from "./colours";
import type { Figure } from "./figure";

/** A notebook's column (and a paper's full width), or one column of a two-column paper (and a phone). */
export type FigureSize = "notebook" | "column";

/** The width of a figure, in pixels. */
export const FIGURE_WIDTHS: Readonly<Record<FigureSize, number>> = { notebook: 820, column: 420 };

/** From the figure's upper edge to the foot of its title's first line, in pixels. */
const TITLE_BASE = 36;
/** Space above the panels for the figure's title and subtitle. */
export const ROOM_FOR_TITLE = 76;
/** The same where each panel has a title of its own. */
export const ROOM_FOR_TITLES = 102;
/** Space below the panels for the axis's name, and for a legend under it, of one row or two. */
export const ROOM_FOR_LEGEND: Readonly<Record<FigureSize, number>> = { notebook: 92, column: 118 };

/** Titles: their letters' size, and how many fit into a line. */
const TITLE = { notebook: { size: 17, letters: 82 }, column: { size: 15, letters: 40 } } as const;
const SUBTITLE = {
  notebook: { size: 13, letters: 112 },
  column: { size: 12, letters: 58 },
} as const;
/** What a further line of a title and of a subtitle takes, in sizes of its letters. */
const LINE_HEIGHT = 1.3;

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
      font: { size: TITLE.notebook.size, color: INK, weight: 600 },
      subtitle: { font: { size: SUBTITLE.notebook.size, color: SOFT_INK } },
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
  /** In pixels, with titles of one line. */
  readonly height: number;
  readonly size?: FigureSize;
  readonly data: Partial<PlotData>[];
  readonly layout: Partial<Layout>;
}

/**
 * A drawing under the template. Its description is kept in `layout.meta.description`, and read where
 * the picture cannot be seen.
 */
export function figure(drawing: Drawing): Figure {
  const { title, subtitle, description, size = "notebook", data, layout } = drawing;
  const lines = wrapWords(title, TITLE[size].letters);
  const sublines = wrapWords(subtitle, SUBTITLE[size].letters);
  const further =
    ((lines.length - 1) * TITLE[size].size + (sublines.length - 1) * SUBTITLE[size].size) *
    LINE_HEIGHT;
  const height = Math.round(drawing.height + further);
  return {
    data: data as Record<string, unknown>[],
    layout: {
      template,
      width: FIGURE_WIDTHS[size],
      height,
      ...layout,
      title: {
        text: lines.join("<br>"),
        subtitle: { text: sublines.join("<br>"), ...(size === "column" && columnSubtitle) },
        y: 1 - TITLE_BASE / height,
        ...(size === "column" && columnTitle),
      },
      margin: { ...layout.margin, t: Math.round((layout.margin?.t ?? ROOM_FOR_TITLE) + further) },
      ...(size === "column" && { legend: { ...layout.legend, ...columnLegend } }),
      meta: { description },
    },
  };
}

/** In a narrow figure titles and legend begin at its edge, not at its axis. */
const columnTitle = {
  xref: "container",
  x: 0.02,
  font: { size: TITLE.column.size },
} as const;
const columnSubtitle = { font: { size: SUBTITLE.column.size } } as const;
const columnLegend = { xref: "container", x: 0.01 } as const;
