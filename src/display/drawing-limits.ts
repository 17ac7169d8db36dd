import { FigureError } from "../errors";
import type { Figure } from "../figures/figure";

/** More of any of these keeps a reader's browser busy for seconds; each was drawn to see. */
const MOST_TRACES = 2_000;
const MOST_AXES = 64;
const MOST_TICKS = 200;
const MOST_BINS = 1_000;
/** Points, bars, cells, … of all traces of a type. */
const MOST_MARKS: Readonly<Record<string, number>> = {
  bar: 10_000,
  box: 10_000,
  contour: 2_500,
  heatmap: 200_000,
  histogram: 10_000,
  histogram2d: 10_000,
  histogram2dcontour: 2_500,
  image: 200_000,
  pie: 1_000,
  quiver: 10_000,
  scatter: 50_000,
  violin: 10_000,
};
/** Marks with a text beside them, and marks of lines that are stacked. */
const MOST_TEXTS = 1_000;
const MOST_STACKED = 5_000;
/** There are no numbers beyond this power of ten. */
const LARGEST_EXPONENT = 330;
/** In decades. */
const SMALLEST_LOG_TICK = 0.1;

type Json = Readonly<Record<string, unknown>>;

/**
 * Refuses a figure that would keep a page from being read: one with too many marks, or with settings
 * that have Plotly compute without an end, such as a million ticks.
 *
 * @param figure - its traces' types are those of {@link MOST_MARKS}; all else may be of any kind
 * @throws {FigureError} saying what there is too much of
 */
export function requireDrawable({ data, layout }: Figure): void {
  atMost("traces", data.length, MOST_TRACES);
  const sums = new Map<string, number>();
  const add = (what: string, marks: number, most: number) => {
    sums.set(what, (sums.get(what) ?? 0) + marks);
    atMost(what, sums.get(what)!, most);
  };
  for (const trace of data) {
    const type = typeof trace.type === "string" ? trace.type : "scatter";
    const marks = marksOf(trace);
    add(`marks of type ${type}`, marks, MOST_MARKS[type]!);
    if (writesTexts(type, trace)) add("marks with texts", marks, MOST_TEXTS);
    if (trace.stackgroup !== undefined) add("marks that are stacked", marks, MOST_STACKED);
    requireFewBins(trace);
  }
  const axes = [...axesOf(layout), ...axesOf(recordOf(recordOf(layout.template).layout))];
  atMost("axes", axes.length, MOST_AXES);
  const kinds = {
    hasLog: axes.some(([, { type }]) => type === "log"),
    hasDates: data.some(({ x, y }) => holdsDates(x) || holdsDates(y)),
  };
  for (const [name, axis] of axes) requireFewTicks(name, axis, kinds);
}

function marksOf(trace: Json): number {
  return Math.max(...["x", "y", "z", "u", "v", "values", "labels"].map((key) => size(trace[key])));
}

/** How many values a list holds, those of its lists and of plotly.py's packed ones included. */
function size(list: unknown): number {
  if (Array.isArray(list)) {
    return list.reduce<number>((sum, one) => sum + (Array.isArray(one) ? one.length : 1), 0);
  }
  const { bdata } = recordOf(list);
  return typeof bdata === "string" ? bdata.length : 0;
}

function writesTexts(type: string, { mode, text, texttemplate }: Json): boolean {
  if (type === "scatter") return typeof mode === "string" && mode.includes("text");
  return texttemplate !== undefined || (type === "bar" && text !== undefined);
}

function requireFewBins(trace: Json): void {
  for (const key of ["nbinsx", "nbinsy", "ncontours"]) {
    if (trace[key] !== undefined) atMost(key, numberOf(trace[key]), MOST_BINS);
  }
  for (const key of ["xbins", "ybins", "contours"]) {
    const { start, end, size } = recordOf(trace[key]);
    const steps = (numberOf(end) - numberOf(start)) / numberOf(size);
    if (size !== undefined) atMost(`steps of ${key}`, Math.abs(steps), MOST_BINS);
  }
  for (const key of ["span", "bandwidth"]) {
    if (trace[key] !== undefined) throw notDrawn(key);
  }
}

function requireFewTicks(
  name: string,
  axis: Json,
  { hasLog, hasDates }: { readonly hasLog: boolean; readonly hasDates: boolean },
): void {
  for (const key of ["minor", "rangebreaks"]) {
    if (axis[key] !== undefined) throw notDrawn(`${name}.${key}`);
  }
  for (const key of ["tickvals", "ticktext", "categoryarray"]) {
    atMost(`values of ${name}.${key}`, size(axis[key]), MOST_TICKS);
  }
  const { dtick, nticks, range, type } = axis;
  if (nticks !== undefined) atMost(`${name}.nticks`, numberOf(nticks), MOST_TICKS);
  const isLog = type === undefined ? hasLog : type === "log";
  if (isLog && Array.isArray(range)) {
    for (const end of range.slice(0, 2)) {
      if (end !== null) atMost(`${name}.range`, Math.abs(numberOf(end)), LARGEST_EXPONENT);
    }
  }
  const isStep =
    typeof dtick === "number" && !hasDates && type !== "date"
      ? dtick >= (isLog ? SMALLEST_LOG_TICK : 0)
      : typeof dtick === "string" && /^M[1-9]\d{0,4}$/.test(dtick);
  if (dtick !== undefined && !isStep) throw notDrawn(`${name}.dtick`);
}

function axesOf(layout: Json): [name: string, axis: Json][] {
  return Object.entries(layout)
    .filter(([key]) => /^[xy]axis\d*$/.test(key))
    .map(([key, axis]) => [key, recordOf(axis)]);
}

function holdsDates(values: unknown): boolean {
  const isDate = (value: unknown) => typeof value === "string" && /^\s*-?\d{1,4}-\d/.test(value);
  return Array.isArray(values) && values.some(isDate);
}

function recordOf(value: unknown): Json {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Json) : {};
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

/** NaN, in place of what is no number, is too much. */
function atMost(what: string, found: number, most: number): void {
  if (found <= most) return;
  throw new FigureError("the figure is too much for this page", {
    found: Number.isFinite(found) ? `${found} ${what}` : `no number in ${what}`,
    expected: `at most ${most}`,
  });
}

function notDrawn(what: string): FigureError {
  return new FigureError(`this page does not draw figures with such a ${what}`);
}
