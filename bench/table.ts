import type { Measurement } from "./measurement";

/**
 * Prints measurements as rows of Markdown tables: those of one name that follow one another in one
 * row, and at the end those that stand alone. A star says that a part of the other side was measured;
 * `compared_with` says which.
 */
export class Table {
  private row: Measurement[] = [];
  private readonly alone: Measurement[] = [];
  private header = "";

  constructor(private readonly print: (line: string) => void) {}

  add(measurement: Measurement): void {
    if (this.row.length > 0 && this.row[0].name !== measurement.name) this.endRow();
    this.row.push(measurement);
  }

  /** Prints what is left. */
  end(): void {
    this.endRow();
    for (const measurement of this.alone) {
      this.under(["what", "ratio (spread)", "unit", "beside"]);
      const { name, unit, compared_with } = measurement;
      this.print(asRow([name, asCell(measurement), unit, compared_with]));
    }
  }

  private endRow(): void {
    if (this.row.length === 1) this.alone.push(this.row[0]);
    if (this.row.length > 1) {
      this.under(["what", ...this.row.map((cell) => `${cell.unit} than ${besideOf(cell)[0]}`)]);
      this.print(asRow([this.row[0].name, ...this.row.map(asCell)]));
    }
    this.row = [];
  }

  private under(titles: readonly string[]): void {
    const header = asRow(titles);
    if (header === this.header) return;
    if (this.header !== "") this.print("");
    this.print(header);
    this.print(asRow(titles.map(() => "---")));
    this.header = header;
  }
}

/** What a measurement is compared with, and if only a part of it was measured, which. */
function besideOf({ compared_with }: Measurement): string[] {
  return compared_with.split(/, (?=from \d)/);
}

function asCell(measurement: Measurement): string {
  const isPart = besideOf(measurement).length > 1 ? "*" : "";
  return `${rounded(measurement.ratio)}${isPart} (${rounded(measurement.spread)})`;
}

/** The digits that one run can tell. */
function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}

function asRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
