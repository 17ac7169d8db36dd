import { FigureError } from "../errors";
import type { Figure } from "../figures/figure";
import { cutText } from "../text/cut-text";
import { requireDrawable } from "./drawing-limits";
import { isRecord, movingSliders } from "./safe-sliders";

/** Traces that plotly.js's cartesian part draws; it is a seventh of the whole. */
export const CARTESIAN_TRACES: ReadonlySet<string> = new Set([
  "bar",
  "box",
  "contour",
  "heatmap",
  "histogram",
  "histogram2d",
  "histogram2dcontour",
  "image",
  "pie",
  "quiver",
  "scatter",
  "violin",
]);

/** More would keep a reader's browser busy for longer than a page may; see also drawing-limits.ts. */
const MOST_VALUES = 400_000;
const MOST_NOTES = 300;
/** Of one title or label, and of a name in a legend, in characters. */
const LONGEST_TEXT = 2_000;
const LONGEST_NAME = 200;
/** Line breaks and the like in one text. */
const MOST_TAGS = 40;
/** Width and height in pixels. */
const SIZES = { least: 10, most: 10_000 } as const;

type Kind = "number" | "text" | "boolean" | "object" | "list" | "size" | "notes" | "any";

/** What a layout may say, and in which form; an axis or a legend may have a number. */
const LAYOUT: Readonly<Record<string, readonly Kind[]>> = {
  annotations: ["notes"],
  autosize: ["boolean"],
  autotypenumbers: ["text"],
  bargap: ["number"],
  bargroupgap: ["number"],
  barmode: ["text"],
  barnorm: ["text"],
  boxgap: ["number"],
  boxgroupgap: ["number"],
  boxmode: ["text"],
  coloraxis: ["object"],
  colorscale: ["object"],
  colorway: ["list"],
  dragmode: ["text", "boolean"],
  font: ["object"],
  grid: ["object"],
  height: ["size"],
  hoverdistance: ["number"],
  hoverlabel: ["object"],
  hovermode: ["text", "boolean"],
  legend: ["object"],
  margin: ["object"],
  meta: ["any"],
  paper_bgcolor: ["text"],
  piecolorway: ["list"],
  plot_bgcolor: ["text"],
  scattergap: ["number"],
  scattermode: ["text"],
  separators: ["text"],
  shapes: ["notes"],
  showlegend: ["boolean"],
  spikedistance: ["number"],
  template: ["object"],
  title: ["text", "object"],
  uniformtext: ["object"],
  violingap: ["number"],
  violingroupgap: ["number"],
  violinmode: ["text"],
  width: ["size"],
  xaxis: ["object"],
  yaxis: ["object"],
};

/** A picture from elsewhere, and a stream of data. */
const NOT_OF_A_TRACE = new Set(["source", "stream"]);

/** Whoever copies an object with such a key into another changes all objects. */
const NOT_A_KEY = new Set(["__proto__", "constructor", "prototype"]);

/** Tags of a text that neither lead anywhere nor carry a style. */
const PLAIN_TAGS = /<\/?(?:b|i|em|s|u|sub|sup|extra)>|<br ?\/?>/g;

const BASE_64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * A figure from a file, or with texts from one, as it may be drawn in a page: known traces, the known
 * keys of a layout, and texts in which Plotly finds no links and no styles. A key that is not known is
 * left out. The figure that is given is not changed.
 *
 * @param figure - whatever the file held
 * @throws {FigureError} when it is not a figure, has a trace that the page's plotly.js does not draw, a
 *   key of the wrong kind, or more in it than a page can draw
 */
export function safeFigure(figure: unknown): Figure {
  const { data, layout = {} } = isRecord(figure) ? figure : {};
  if (!Array.isArray(data) || !data.every(isRecord)) {
    throw new FigureError("this is not a figure", {
      expected: `an object with a list "data" of Plotly's traces`,
    });
  }
  if (!isRecord(layout)) throw unlike("layout", layout, ["object"]);
  const count = { values: 0 };
  const sliders = movingSliders(layout.sliders, data.length);
  const safe = {
    data: data.map((trace) => safeTrace(trace, count)),
    layout: {
      ...safeLayout(layout, count),
      ...(sliders.length > 0 && safeRecord({ sliders }, count)),
    },
  };
  requireDrawable(safe);
  return safe;
}

/** How many values were met. */
interface Count {
  values: number;
}

type Json = Readonly<Record<string, unknown>>;

function safeTrace(trace: Json, count: Count): Record<string, unknown> {
  const { type = "scatter" } = trace;
  if (typeof type !== "string" || !CARTESIAN_TRACES.has(type)) {
    throw new FigureError("a trace's type is not one that this page draws", {
      found: shown(type),
      expected: [...CARTESIAN_TRACES].join(", "),
    });
  }
  return safeRecord(trace, count, (key) => !NOT_OF_A_TRACE.has(key));
}

function safeLayout(layout: Json, count: Count): Record<string, unknown> {
  const kindsOf = (key: string) => {
    const name = key.replace(/(?<=^(?:[xy]axis|coloraxis|legend))[1-9]\d*$/, "");
    return Object.hasOwn(LAYOUT, name) ? LAYOUT[name] : undefined;
  };
  for (const [key, value] of Object.entries(layout)) {
    const kinds = kindsOf(key);
    if (kinds && value !== null && !kinds.some((kind) => isKind[kind](value))) {
      throw unlike(`layout.${key}`, value, kinds);
    }
  }
  const safe = safeRecord(layout, count, (key) => kindsOf(key) !== undefined && key !== "template");
  // A template's layout is a layout; its traces, which no figure of ours has, are left out.
  const { template } = layout;
  if (isRecord(template) && isRecord(template.layout)) {
    const { template: _, ...inner } = template.layout;
    safe.template = { layout: safeLayout(inner, count) };
  }
  return safe;
}

const isKind: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  number: (value) => Number.isFinite(value),
  text: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  object: isRecord,
  list: Array.isArray,
  notes: (value) => Array.isArray(value) && value.length <= MOST_NOTES && value.every(isRecord),
  size: (value) => typeof value === "number" && value >= SIZES.least && value <= SIZES.most,
  any: () => true,
};

const KIND_NAMES: Readonly<Record<Kind, string>> = {
  number: "a number",
  text: "a text",
  boolean: "true or false",
  object: "an object",
  list: "a list",
  notes: `a list of at most ${MOST_NOTES} objects`,
  size: `a number from ${SIZES.least} to ${SIZES.most}`,
  any: "anything",
};

function safeRecord(
  record: Json,
  count: Count,
  isKept: (key: string) => boolean = () => true,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => isKept(key) && !NOT_A_KEY.has(key))
      .map(([key, value]) => [
        key,
        key === "bdata" ? safeBytes(value, record.dtype, count) : safeValue(value, count, key),
      ]),
  );
}

function safeValue(value: unknown, count: Count, key: string): unknown {
  addTo(count, 1);
  if (typeof value === "string") {
    return safeText(value, key === "name" ? LONGEST_NAME : LONGEST_TEXT);
  }
  if (Array.isArray(value)) return value.map((one) => safeValue(one, count, key));
  return isRecord(value) ? safeRecord(value, count) : value;
}

/** A list of numbers as plotly.py has written it since version 6: `{"dtype": "f8", "bdata": "…"}`. */
function safeBytes(value: unknown, dtype: unknown, count: Count): string {
  const bytes = typeof dtype === "string" ? Number(/[1248]$/.exec(dtype)) : 0;
  if (typeof value !== "string" || !BASE_64.test(value) || bytes === 0) {
    throw new FigureError("a list of numbers cannot be read", {
      found: `${shown(value)} of ${shown(dtype)}`,
      expected: `base64 and a dtype such as "f8"`,
    });
  }
  addTo(count, (value.length * 3) / 4 / bytes);
  return value;
}

/**
 * A text that Plotly shows as it stands, but for bold, italic and the like and line breaks: every
 * other `<` and `>` is written out, and a long text is cut.
 *
 * @example
 * safeText('<b>a</b> <a href="x">'); // '<b>a</b> &lt;a href="x"&gt;'
 */
export function safeText(text: string, limit = LONGEST_TEXT): string {
  const short = cutText(text, limit);
  const parts = short.split(PLAIN_TAGS).map(withoutTags);
  const tags = (short.match(PLAIN_TAGS) ?? []).slice(0, MOST_TAGS);
  return parts.map((part, index) => part + (tags[index] ?? "")).join("");
}

function withoutTags(text: string): string {
  return text.replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function addTo(count: Count, values: number): void {
  count.values += values;
  if (count.values <= MOST_VALUES) return;
  throw new FigureError("the figure is too much for this page", {
    expected: `at most ${MOST_VALUES} values`,
  });
}

function unlike(place: string, value: unknown, kinds: readonly Kind[]): FigureError {
  return new FigureError(`${place} is of the wrong kind`, {
    found: shown(value),
    expected: kinds.map((kind) => KIND_NAMES[kind]).join(" or "),
  });
}

function shown(value: unknown): string {
  return cutText(JSON.stringify(value) ?? String(value), 60);
}
