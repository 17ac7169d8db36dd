// `npm run schemas`: writes schemas/*.schema.json, the published form of what results are checked by.
// For whoever changes a result's keys; a test says when they are out of date.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resultJsonSchema } from "../src/experiments/json-schema";
import { EXPERIMENTS, type ResultName } from "../src/experiments/registry";

const FOLDER = join(__dirname, "..", "schemas");

/** The file's name in `schemas/`. */
export function schemaFile(name: ResultName): string {
  return join(FOLDER, `${name}.schema.json`);
}

export function schemaText(name: ResultName): string {
  return `${JSON.stringify(resultJsonSchema(name), null, 2)}\n`;
}

if (require.main === module) {
  mkdirSync(FOLDER, { recursive: true });
  for (const { name } of EXPERIMENTS) writeFileSync(schemaFile(name), schemaText(name));
}
