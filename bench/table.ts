import type { Measurement } from "./measurement";

/**
 * Prints measurements as rows of Markdown tables, those of one name that follow one another in one
 * row. A star says that a part of the other side was measured; `compared_with` says which.
 */
export class Table {
  private row: Measurement[] = [];
  private header = "";

  constructor(private readonly print: (line: string) => void) {}

  add(measurement: Measurement): void {
    if (this.row.length > 0 && this.row[0].name !== measurement.name) this.flush();
    this.row.push(measurement);
  }

  /** Prints the last row. */
  flush(): void {
    if (this.row.length === 0) return;
    const [{ name, unit, compared_with }] = this.row;
    if (this.row.length > 1) {
      this.under(["what", ...this.row.map((cell) => `${cell.unit} than ${besideOf(cell)[0]}`)]);
      this.print(asRow([name, ...this.row.map(asCell)]));
    } else {
      this.under(["what", "ratio (spread)", "unit", "beside"]);
      this.print(asRow([name, asCell(this.row[0]), unit, compared_with]));
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
  return `${measurement.ratio}${isPart} (${measurement.spread})`;
}

function asRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
