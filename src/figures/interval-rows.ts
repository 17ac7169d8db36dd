import type { Annotations, Layout, PlotData } from "plotly.js";
import { cellText, type IntervalCell } from "../text/cell";
import { escapeHtml } from "../text/escape-html";
import { withOpacity } from "./colours";
import { extent, padded } from "./extent";
import { type FigureSize, INK, SOFT_INK } from "./template";
import { drawable } from "./validate";

/** One row: a range, numbers inside it, and what they come to in words. */
export interface IntervalRow {
  readonly label: string;
  readonly colour: string;
  /** Drawn as a thick line; null where there is none. */
  readonly range: readonly [low: number, high: number] | null;
  /** Drawn as a thin line. */
  readonly extremes?: readonly [min: number, max: number] | null;
  /** Drawn as a filled point. */
  readonly point?: number | null;
  /** Drawn as pale dots. */
  readonly dots?: readonly number[];
  /** Drawn as a diamond: what the row is compared with. */
  readonly mark?: number | null;
  /** At the right. */
  readonly note: string;
}

/** Rows under one title. */
export interface IntervalGroup {
  readonly title: string;
  readonly rows: readonly IntervalRow[];
}

/** In pixels. */
const ROW_HEIGHT = 26;
const GROUP_GAP = 1.25;

/** Room at the left for labels and at the right for notes, in pixels. */
const MARGINS = { notebook: { l: 190, r: 190 }, column: { l: 148, r: 16 } } as const;

/** Traces, axes and height of groups of rows, the first at the top. */
export function intervalRows(
  groups: readonly IntervalGroup[],
  {
    size,
    xTitle,
    shows = [],
  }: {
    readonly size: FigureSize;
    readonly xTitle: string;
    /** Numbers that lie on the axis in any case. */
    readonly shows?: readonly number[];
  },
): { data: Partial<PlotData>[]; layout: Partial<Layout>; height: number } {
  const places: { row: IntervalRow; y: number }[] = [];
  const titles: { title: string; y: number }[] = [];
  let y = 0;
  for (const { title, rows } of groups) {
    if (title !== "") {
      titles.push({ title, y: y - 0.35 });
      y += 0.6;
    }
    for (const row of rows) {
      checkRow(row);
      places.push({ row, y });
      y++;
    }
    y += GROUP_GAP - 0.6;
  }
  const last = y - GROUP_GAP;
  return {
    data: places.flatMap(({ row, y: at }) => rowTraces(row, at)),
    layout: {
      margin: { ...MARGINS[size], b: 52 },
      xaxis: {
        title: { text: xTitle },
        range: rangeOf(groups, shows),
        zerolinecolor: INK,
        zerolinewidth: 1.5,
      },
      yaxis: {
        range: [last + 0.7, titles.length > 0 ? -0.75 : -0.7],
        tickvals: places.map((place) => place.y),
        ticktext: places.map(({ row }) => escapeHtml(row.label)),
        showgrid: false,
        zeroline: false,
        ticks: "",
      },
      annotations: [
        ...titles.map((one) => groupTitle(one, size)),
        ...(size === "column" ? [] : places.map(({ row, y: at }) => rowNote(row.note, at))),
      ],
    },
    height: (last + 1.4) * ROW_HEIGHT + 52,
  };
}

/** Around everything that is drawn: Plotly's own range ends where a line does, which cuts its end off. */
function rangeOf(groups: readonly IntervalGroup[], shows: readonly number[]): [number, number] {
  const drawn = [...shows, ...groups.flatMap(({ rows }) => rows.flatMap(numbersOf))];
  return drawn.length === 0 ? [-1, 1] : padded(extent(drawn));
}

function numbersOf({ range, extremes, point, dots, mark }: IntervalRow): number[] {
  return [...(range ?? []), ...(extremes ?? []), point, mark, ...(dots ?? [])].filter(
    (value) => value !== null && value !== undefined,
  );
}

function checkRow(row: IntervalRow): void {
  drawable(row.label, numbersOf(row));
}

function rowTraces(row: IntervalRow, y: number): Partial<PlotData>[] {
  const { label, colour, range, extremes, point, dots, mark } = row;
  const name = escapeHtml(label);
  const line = (ends: readonly number[], width: number, opacity: number): Partial<PlotData> => ({
    ...{ type: "scatter", mode: "lines", name, showlegend: false },
    x: [...ends],
    y: ends.map(() => y),
    line: { color: withOpacity(colour, opacity), width },
    hovertemplate: `<b>${name}</b><br>%{x:.4f}<extra></extra>`,
  });
  const points = (
    x: readonly number[],
    marker: Partial<PlotData["marker"]>,
  ): Partial<PlotData> => ({
    ...{ type: "scatter", mode: "markers", name, showlegend: false },
    x: [...x],
    y: x.map(() => y),
    marker,
    hovertemplate: `<b>${name}</b><br>%{x:.4f}<extra></extra>`,
  });
  const dotMarker = { color: withOpacity(colour, 0.45), size: 7 };
  const markMarker = { color: INK, symbol: "diamond", size: 9 };
  return [
    ...(extremes ? [line(extremes, 1.5, 0.6)] : []),
    ...(range ? [line(range, 8, 0.4)] : []),
    ...(dots && dots.length > 0 ? [points(dots, dotMarker)] : []),
    ...(point === null || point === undefined
      ? []
      : [points([point], { color: colour, size: 10 })]),
    ...(mark === null || mark === undefined ? [] : [points([mark], markMarker)]),
  ];
}

function groupTitle(
  { title, y }: { title: string; y: number },
  size: FigureSize,
): Partial<Annotations> {
  // A narrow figure has more room for it at the left of the axis.
  const isNarrow = size === "column";
  return {
    text: `<b>${escapeHtml(title)}</b>`,
    showarrow: false,
    xref: "paper",
    x: isNarrow ? 1 : 0,
    xanchor: isNarrow ? "right" : "left",
    y,
    yanchor: "middle",
    // The zero line does not run through the letters.
    bgcolor: "#FFFFFF",
    font: { size: isNarrow ? 12 : 13, color: INK },
  };
}

function rowNote(note: string, y: number): Partial<Annotations> {
  return {
    text: escapeHtml(note),
    showarrow: false,
    xref: "paper",
    x: 1,
    xanchor: "left",
    xshift: 10,
    y,
    yanchor: "middle",
    align: "left",
    font: { size: 12, color: SOFT_INK },
  };
}

/** A row of a number with its interval, as far as there is one. */
export function intervalRow(label: string, of: IntervalCell, colour: string): IntervalRow {
  const { estimate, low, high } = of;
  return {
    ...{ label, colour, point: estimate, note: estimate === null ? "none" : cellText(of) },
    range: low !== null && high !== null ? [low, high] : null,
  };
}
