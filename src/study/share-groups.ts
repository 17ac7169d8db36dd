import { FigureError } from "../errors";
import { quantile } from "../stats/quantile";
import { cellText } from "../text/cell";
import { headed } from "../text/headed";
import { type Setting, STUDY_COLUMNS, type StudyRow } from "./study-row";

/** Heads with the same value in one column. */
export interface ShareGroup {
  readonly value: Setting;
  /** The value in words. */
  readonly label: string;
  readonly rows: readonly StudyRow[];
  /** Of the causal shares; null where no head has one. */
  readonly median: number | null;
}

/**
 * Heads by a column of the table, in the order of its values; those that do not say it come last.
 *
 * @throws FigureError if there is no such column, naming those that there are.
 */
export function shareGroups(rows: readonly StudyRow[], by: string): ShareGroup[] {
  if (rows.length > 0 && !rows.every((row) => Object.hasOwn(row, by))) {
    const settings = Object.keys(rows[0]).filter((name) => !STUDY_COLUMNS.includes(name));
    throw new FigureError("the table of heads has no such column", {
      found: `"${by}"`,
      expected: [...STUDY_COLUMNS, ...settings].join(", "),
      remedy: "A training setting is a column only where heads differ in it.",
    });
  }
  const groups = new Map<Setting, StudyRow[]>();
  for (const row of rows) groups.set(row[by], [...(groups.get(row[by]) ?? []), row]);
  return [...groups]
    .sort(([a], [b]) => compared(a, b))
    .map(([value, those]) => ({
      value,
      label: value === null ? "not said" : cellText(value),
      rows: those,
      median: quantile(
        those.flatMap(({ causal_share }) => causal_share ?? []),
        0.5,
      ),
    }));
}

function compared(a: Setting, b: Setting): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : 1;
}

/** Heads of a group in a table. */
export interface ShareGroupRow {
  readonly value: string;
  readonly heads: number;
  readonly read_the_neuron: number;
  readonly median_r: number | null;
  readonly median_share: number | null;
  readonly smallest: number | null;
  readonly largest: number | null;
}

/**
 * What the heads of a study read, by a column of its table: a layer, the kind of head, a training setting.
 *
 * @throws FigureError if there is no such column.
 * @example
 * const { heads } = await runStudy(["models"]);
 * showTable(listShareBy(heads, { by: "target_layer" }));
 */
export function listShareBy(
  rows: readonly StudyRow[],
  { by }: { readonly by: string },
): ShareGroupRow[] {
  const list = shareGroups(rows, by).map(({ label, rows: those, median }) => {
    const shares = those.flatMap(({ causal_share }) => causal_share ?? []);
    const correlations = those.flatMap(({ r }) => r ?? []);
    return {
      value: label,
      heads: those.length,
      read_the_neuron: those.filter(({ verdict }) => verdict === "reads the neuron").length,
      median_r: quantile(correlations, 0.5),
      median_share: median,
      smallest: quantile(shares, 0),
      largest: quantile(shares, 1),
    };
  });
  return headed(list, {
    value: columnInWords(by),
    median_share: "causal share, median",
    smallest: "smallest",
    median_r: "r, median",
  });
}

/** `target_layer` as a reader calls it. */
export function columnInWords(name: string): string {
  return name.replace(/^target_/, "").replaceAll("_", " ");
}
