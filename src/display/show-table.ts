import { displayBundle } from "../progress/kernel-display";
import { escapeHtml } from "../text/escape-html";
import { formatNumber } from "../text/format-number";

export type Cell = string | number | boolean | null | undefined;

export interface Column<Row> {
  /** The row's property. */
  readonly key: keyof Row & string;
  /** The heading; the key unless said otherwise. */
  readonly label?: string;
  /** How a value is written; numbers get four significant digits unless said otherwise. */
  readonly format?: (value: Row[keyof Row & string], row: Row) => string;
}

export interface ShowTableOptions<Row> {
  /** Which properties, in which order; those of the first row unless said otherwise. */
  readonly columns?: readonly (Column<Row> | (keyof Row & string))[];
  readonly caption?: string;
}

/**
 * Shows rows as a table: one output of the notebook's cell, as HTML that needs no scripts and as
 * aligned text. Outside of a notebook it prints the text.
 *
 * @param rows - objects with the same properties
 * @example
 * showTable([{ prompt: "A quick fox", slope: 0.42 }, { prompt: "B", slope: null }], {
 *   caption: "Sensitivity",
 *   columns: ["prompt", { key: "slope", label: "slope of the fit" }],
 * });
 */
export function showTable<Row extends object>(
  rows: readonly Row[],
  options: ShowTableOptions<Row> = {},
): void {
  const table = tableOf(rows, options);
  const text = tableText(table);
  const isShown = displayBundle({ "text/html": tableHtml(table), "text/plain": text });
  if (!isShown) console.log(text);
}

/** A table as it will be written. */
interface Table {
  readonly caption: string | undefined;
  readonly headings: readonly string[];
  /** Columns of numbers stand at the right. */
  readonly isNumeric: readonly boolean[];
  /** `[row][column]` */
  readonly cells: readonly (readonly string[])[];
}

function tableOf<Row extends object>(
  rows: readonly Row[],
  { columns, caption }: ShowTableOptions<Row>,
): Table {
  const keys = columns ?? (Object.keys(rows[0] ?? {}) as (keyof Row & string)[]);
  const complete = keys.map(
    (column) => (typeof column === "object" ? column : { key: column }) as Column<Row>,
  );
  return {
    caption,
    headings: complete.map(({ key, label }) => label ?? key),
    isNumeric: complete.map(
      ({ key }) =>
        rows.some((row) => typeof row[key] === "number") &&
        rows.every((row) => row[key] == null || typeof row[key] === "number"),
    ),
    cells: rows.map((row) =>
      complete.map(({ key, format }) => format?.(row[key], row) ?? cellText(row[key] as Cell)),
    ),
  };
}

function cellText(value: Cell): string {
  return value == null || typeof value === "number" ? formatNumber(value) : String(value);
}

/** The table as HTML: plain and semantic, since notebooks drop styles that they do not trust. */
export function tableHtml({ caption, headings, isNumeric, cells }: Table): string {
  const align = (column: number) => (isNumeric[column] ? "right" : "left");
  const cell = (tag: string, text: string, column: number) =>
    `<${tag} style="text-align: ${align(column)}">${escapeHtml(text)}</${tag}>`;
  return [
    "<table>",
    ...(caption === undefined ? [] : [`<caption>${escapeHtml(caption)}</caption>`]),
    "<thead>",
    `<tr>${headings.map((text, column) => cell("th", text, column)).join("")}</tr>`,
    "</thead>",
    "<tbody>",
    ...cells.map(
      (row) => `<tr>${row.map((text, column) => cell("td", text, column)).join("")}</tr>`,
    ),
    "</tbody>",
    "</table>",
  ].join("\n");
}

/** The table as text, its columns aligned. */
export function tableText({ caption, headings, isNumeric, cells }: Table): string {
  const lines = [headings, ...cells].map((row) =>
    row.map((text) => text.replace(/\s*\n\s*/g, " ")),
  );
  const widths = headings.map((_, column) =>
    lines.reduce((widest, row) => Math.max(widest, Array.from(row[column]!).length), 0),
  );
  const pad = (text: string, column: number) => {
    const space = " ".repeat(widths[column]! - Array.from(text).length);
    return isNumeric[column] ? space + text : text + space;
  };
  const written = lines.map((row) => row.map(pad).join("  ").trimEnd());
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [...(caption === undefined ? [] : [caption]), written[0], rule, ...written.slice(1)].join(
    "\n",
  );
}
