import { FOR_READERS, formatNumber, type NumberStyle } from "./format-number";

/** A number with its interval, as results hold it: shown as `0.117 [0.114, 0.121]`. */
export interface IntervalCell {
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** A place among others, as results hold it: shown as `rank 3 of 512`. */
export interface RankCell {
  readonly rank: number | null;
  readonly of: number;
}

/** A p-value in words: shown as `p = 0.012`. */
export interface PValueCell {
  readonly p: number | null;
}

/** A text with numbers in it, which are numbers until it is shown; `phrase` makes it. */
export interface Phrase {
  readonly parts: readonly Cell[];
}

/** What a table shows in one place. Numbers are numbers until they are shown. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | undefined
  | Phrase
  | IntervalCell
  | RankCell
  | PValueCell;

/** One line of a two-column table. */
export interface Fact {
  readonly name: string;
  readonly value: Cell;
}

/** Inside a sentence three digits say enough to a reader, of a p-value two. */
const DIGITS_IN_TEXT = 3;
const DIGITS_OF_P = 2;

/** The text of a cell. */
export function cellText(cell: Cell, style: NumberStyle = FOR_READERS): string {
  if (typeof cell === "number" || cell === null || cell === undefined) {
    return formatNumber(cell, style);
  }
  if (typeof cell !== "object") return String(cell);
  const inText = (value: number | null, digits = DIGITS_IN_TEXT) =>
    formatNumber(value, style.isPlain ? style : { ...style, digits });
  if ("parts" in cell) {
    return cell.parts
      .map((part) =>
        typeof part === "number" || part === null ? inText(part) : cellText(part, style),
      )
      .join("");
  }
  if ("p" in cell) return cell.p === null ? "no p-value" : `p = ${inText(cell.p, DIGITS_OF_P)}`;
  if ("of" in cell) return cell.rank === null ? "no rank" : `rank ${cell.rank} of ${cell.of}`;
  const { estimate, low, high } = cell;
  const range = low === null || high === null ? "" : ` [${inText(low)}, ${inText(high)}]`;
  return `${inText(estimate)}${range}`;
}
