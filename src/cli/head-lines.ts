import type { SummaryPart, SummaryTable } from "../experiments/experiment";
import type { Finding } from "../experiments/finding";
import type { BoundHead } from "../heads/bind-head";
import { type Cell, cellText, type Fact } from "../text/cell";
import { FOR_PROGRAMS } from "../text/format-number";
import { phrase } from "../text/phrase";
import { oneLine } from "./output";
import { textTable } from "./text-table";

/** What was loaded, before a summary: the head, its target, the base model, the engine. */
export function headLines({ files, model, hook, index }: BoundHead): string {
  const lines = [
    ["head", `${files.config.headType}, ${files.headFile}`],
    ["target", `${hook}[…, ${index}]`],
    ["base", `${model.name} (${model.cfg.n_layers} layers, d_model ${model.cfg.d_model})`],
    ["engine", model.engine.description],
  ];
  return `${lines.map(([name, value]) => `${name.padEnd(8)}${oneLine(value)}`).join("\n")}\n\n`;
}

/** What was found, a line each with how sure it is, and an empty line. */
export function findingLines(findings: readonly Finding[]): string {
  if (findings.length === 0) return "";
  const lines = findings.map(({ found, how_sure }) =>
    line(how_sure === "" ? found : phrase`${found} (${how_sure})`),
  );
  return `${lines.join("")}\n`;
}

/** A result's summary, with a blank line between its parts. */
export function summaryText(parts: readonly SummaryPart[]): string {
  return parts.map(partText).join("\n");
}

function partText(part: SummaryPart): string {
  if (isTable(part)) return textTable(part);
  if (Array.isArray(part)) return (part as readonly Fact[]).map(factLine).join("");
  return line(part as Cell);
}

function isTable(part: SummaryPart): part is SummaryTable {
  return typeof part === "object" && part !== null && "headings" in part;
}

function factLine({ name, value }: Fact): string {
  return `${name}: ${line(value)}`;
}

function line(cell: Cell): string {
  return `${oneLine(cellText(cell, FOR_PROGRAMS))}\n`;
}

/** A result's warnings, after a summary. */
export function warningLines(warnings: readonly string[]): string {
  return warnings.map((warning) => `\nNote: ${oneLine(warning)}\n`).join("");
}
