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

/** A result's warnings, after a summary. */
export function warningLines(warnings: readonly string[]): string {
  return warnings.map((warning) => `\nNote: ${oneLine(warning)}\n`).join("");
}
