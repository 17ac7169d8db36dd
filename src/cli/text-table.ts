import { tableText } from "../display/show-table";
import { oneLine } from "./output";

/** A column is as wide as its widest text, in every row. */
const LONGEST_TEXT = 200;

/** How a number that does not exist is written. */
const NO_NUMBER = "–";

/** A table for a terminal, with a line break at its end; columns of numbers stand at the right. */
export function textTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const text = tableText({
    caption: oneLine(caption),
    headings,
    isNumeric: headings.map((_, column) => rows.every((row) => typeof row[column] !== "string")),
    cells: rows.map((row) =>
      row.map((cell) => (typeof cell === "string" ? cut(oneLine(cell)) : numberText(cell))),
    ),
  });
  return `${text}\n`;
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** Five significant digits, with a minus sign that other programs read. */
export function numberText(value: number | null): string {
  return value === null ? NO_NUMBER : String(Number(value.toPrecision(5)));
}
