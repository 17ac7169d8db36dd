// `npm run schemas`: writes schemas/*.schema.json, the published form of what results are checked by.
// For whoever changes a result's keys; a test says when they are out of date.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemaOf, resultJsonSchema } from "../src/experiments/json-schema";
import { EXPERIMENTS, type ResultName } from "../src/experiments/registry";
import { studyJsonSchema } from "../src/study/study-json";

const FOLDER = join(__dirname, "..", "schemas");

/** What has a schema: every kind of result, and a study's table. */
type SchemaName = ResultName | "study";

/** The file's name in `schemas/`. */
export function schemaFile(name: SchemaName): string {
  return join(FOLDER, `${name}.schema.json`);
}

export function schemaText(name: SchemaName): string {
  const schema =
    name === "study"
      ? jsonSchemaOf(name, "The table of tslens study", studyJsonSchema)
      : resultJsonSchema(name);
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (require.main === module) {
  mkdirSync(FOLDER, { recursive: true });
  const names: readonly SchemaName[] = [...EXPERIMENTS.map(({ name }) => name), "study"];
  for (const name of names) writeFileSync(schemaFile(name), schemaText(name));
}
