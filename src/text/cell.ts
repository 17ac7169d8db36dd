import { FOR_READERS, formatNumber, formatProbability, type NumberStyle } from "./format-number";

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

/** A p-value in words: shown as `p = 0.012`, or `p < 0.0001`. */
export interface PValueCell {
  readonly p: number | null;
}

/** A p-value alone, in a column of them: shown as `0.012`, or `< 0.0001`. */
export interface ProbabilityCell {
  readonly probability: number | null;
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
  | PValueCell
  | ProbabilityCell;

/** One line of a two-column table. */
export interface Fact {
  readonly name: string;
  readonly value: Cell;
}

/** The text of a cell. */
export function cellText(cell: Cell, style: NumberStyle = FOR_READERS): string {
  if (typeof cell === "number" || cell === null || cell === undefined) {
    return formatNumber(cell, style);
  }
  if (typeof cell !== "object") return String(cell);
  if ("parts" in cell) return cell.parts.map((part) => cellText(part, style)).join("");
  if ("probability" in cell) return formatProbability(cell.probability, style);
  if ("p" in cell) {
    const p = formatProbability(cell.p, style);
    return cell.p === null ? "no p-value" : p.startsWith("<") ? `p ${p}` : `p = ${p}`;
  }
  if ("of" in cell) return cell.rank === null ? "no rank" : `rank ${cell.rank} of ${cell.of}`;
  const { estimate, low, high } = cell;
  const number = (value: number | null) => formatNumber(value, style);
  const range = low === null || high === null ? "" : ` [${number(low)}, ${number(high)}]`;
  return `${number(estimate)}${range}`;
}
