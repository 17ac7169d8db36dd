import { z } from "zod";
import { SCHEMA_VERSION } from "../results/schema-version";
import { EXPERIMENTS, type ResultName } from "./registry";

/**
 * The JSON Schema (draft 2020-12) of a kind of result file, as it stands in the repository's `schemas/`
 * and as results are checked by when they are written.
 *
 * What must agree between keys (lists of one length, a number that stands in two places) a schema
 * cannot say; writing checks it all the same.
 *
 * @example
 * resultJsonSchema("activation_patching").required.includes("slope"); // true
 */
export function resultJsonSchema(name: ResultName): JsonSchema {
  const { schema, title } = EXPERIMENTS.find((experiment) => experiment.name === name)!;
  return jsonSchemaOf(name, title, schema);
}

/** The JSON Schema of a file that tslens writes. */
export function jsonSchemaOf(name: string, title: string, schema: z.ZodType): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema) as JsonSchema;
  return { $schema, $id: `urn:tslens:${name}:${SCHEMA_VERSION}`, title, ...rest };
}

/** What is read of a JSON Schema here. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}
