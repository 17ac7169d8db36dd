import type { SummaryTable } from "../experiments/experiment";
import { type Cell, cellText } from "../text/cell";
import { cutText } from "../text/cut-text";
import { FOR_PROGRAMS } from "../text/format-number";
import { tableText } from "../text/text-table";
import { oneLine } from "./output";

/** A column is as wide as its widest text, in every row. */
const LONGEST_TEXT = 200;

/** A table for a terminal, with a line break at its end; columns of numbers stand at the right. */
export function textTable({ caption, headings, rows }: SummaryTable): string {
  const isText = (cell: Cell) =>
    typeof cell === "string" ||
    (typeof cell === "object" && cell !== null && !("probability" in cell));
  const text = tableText({
    caption: oneLine(caption),
    headings,
    isNumeric: headings.map((_, column) =>
      rows.every((row) => row[column] === null || !isText(row[column])),
    ),
    cells: rows.map((row) =>
      row.map((cell) => cutText(oneLine(cellText(cell, FOR_PROGRAMS)), LONGEST_TEXT)),
    ),
  });
  return `${text}\n`;
}
