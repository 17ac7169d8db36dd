import { displayBundle } from "../progress/kernel-display";
import { type Cell, cellText } from "../text/cell";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { shownColumn } from "../text/headed";
import { type TextTable, tableText } from "../text/text-table";

export interface Column<Row> {
  /** The row's property. */
  readonly key: keyof Row & string;
  /** The heading; the key in words unless said otherwise. */
  readonly label?: string;
  /** How a value is written; numbers get three significant digits unless said otherwise, see `Cell`. */
  readonly format?: (value: Row[keyof Row & string], row: Row) => string;
}

export interface ShowTableOptions<Row> {
  /** Which properties, in which order; those of the first row unless said otherwise. */
  readonly columns?: readonly (Column<Row> | (keyof Row & string))[];
  readonly caption?: string;
  /**
   * What is to be read of a long table, in a sentence: it is folded behind that. As text there is the
   * sentence alone.
   */
  readonly folded?: string;
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
  const { folded } = options;
  const table = tableOf(rows, options);
  const html = tableHtml(table);
  const text = folded === undefined ? tableText(table) : foldedText(folded, table);
  const isShown = displayBundle({
    "text/html":
      folded === undefined
        ? html
        : `<details>\n<summary>${escapeHtml(folded)}</summary>\n${html}\n</details>`,
    "text/plain": text,
  });
  if (!isShown) console.log(text);
}

function foldedText(said: string, { caption, cells }: TextTable): string {
  const about = caption === undefined ? "" : `${caption}: `;
  return `${said}\n(${about}${count(cells.length, "row")}, folded)`;
}

function tableOf<Row extends object>(
  rows: readonly Row[],
  { columns, caption }: ShowTableOptions<Row>,
): TextTable {
  const keys = columns ?? (Object.keys(rows[0] ?? {}) as (keyof Row & string)[]);
  const complete = keys.map(
    (column) => (typeof column === "object" ? column : { key: column }) as Column<Row>,
  );
  return {
    caption,
    headings: complete.map(({ key, label }) => label ?? shownColumn(rows, key).heading),
    isNumeric: complete.map(
      ({ key }) =>
        rows.some((row) => typeof row[key] === "number") &&
        rows.every((row) => row[key] == null || typeof row[key] === "number"),
    ),
    cells: rows.map((row) =>
      complete.map(
        ({ key, format }) =>
          format?.(row[key], row) ??
          (shownColumn(rows, key).isProbability
            ? cellText({ probability: row[key] as number | null })
            : cellText(row[key] as Cell)),
      ),
    ),
  };
}

/** The table as HTML: plain and semantic, since notebooks drop styles that they do not trust. */
export function tableHtml({ caption, headings, isNumeric, cells }: TextTable): string {
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
