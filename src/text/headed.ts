const COLUMNS = Symbol.for("tslens.columns");

/** How a column of a table is shown. */
export interface ShownColumn {
  /** In words. */
  readonly heading?: string;
  /** Of p-values: two digits say enough, and below 0.0001 none. */
  readonly isProbability?: boolean;
}

/** Columns by the key of their cells; a text is a heading. */
export type ShownColumns<Row> = {
  readonly [Key in keyof Row]?: string | ShownColumn;
};

/**
 * Rows that know how a table heads their columns. It is no part of them: their JSON and their equality to
 * others stay as they are.
 *
 * @example
 * showTable(headed([{ r_squared: 0.9 }], { r_squared: "R²" }));
 */
export function headed<Row extends object>(rows: Row[], columns: ShownColumns<Row>): Row[] {
  return Object.defineProperty(rows, COLUMNS, { value: columns });
}

/** How a column of rows is shown: as {@link headed} says, else by its key in words. */
export function shownColumn(rows: object, key: string): Required<ShownColumn> {
  const columns = (rows as { [COLUMNS]?: Readonly<Record<string, string | ShownColumn>> })[COLUMNS];
  const said = columns && Object.hasOwn(columns, key) ? columns[key] : undefined;
  const { heading = inWords(key), isProbability = false } =
    typeof said === "string" ? { heading: said } : (said ?? {});
  return { heading, isProbability };
}

/** An identifier as words; what is none is in words already. */
function inWords(key: string): string {
  return /^[a-z0-9_]+$/.test(key) ? key.replaceAll("_", " ") : key;
}
