/** A table whose cells are texts. */
export interface TextTable {
  readonly caption?: string | undefined;
  readonly headings: readonly string[];
  /** Columns of numbers stand at the right. */
  readonly isNumeric: readonly boolean[];
  /** `[row][column]` */
  readonly cells: readonly (readonly string[])[];
}

/** The table as text, its columns aligned. */
export function tableText({ caption, headings, isNumeric, cells }: TextTable): string {
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
