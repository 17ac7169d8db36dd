import type { Fact } from "../analysis/describe";
import type { BoundHead } from "../heads/bind-head";
import { oneLine } from "./output";

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

/** Text whose numbers other programs can read. */
export function plainMinus(text: string): string {
  return text.replaceAll("−", "-");
}

/** Facts of two columns, a line each. */
export function factLines(facts: readonly Fact[]): string {
  return facts.map(({ name, value }) => `${name}: ${plainMinus(oneLine(value))}\n`).join("");
}

/** A result's warnings, after a summary. */
export function warningLines(warnings: readonly string[]): string {
  return warnings.map((warning) => `\nNote: ${oneLine(warning)}\n`).join("");
}
