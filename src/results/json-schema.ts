import { z } from "zod";
import type { ResultName } from "./result-by-name";
import { SCHEMA_VERSION } from "./schema-version";
import { RESULT_SCHEMAS } from "./serialize-result";

const TITLES: Readonly<Record<ResultName, string>> = {
  linear_weights_analysis:
    "A head's linear weights beside the weights of the neuron that it predicts",
  activation_patching: "How a head's prediction follows the neuron when the neuron is patched",
  neuron_sweep: "What patching each neuron of a layer changes in a head's prediction",
};

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
  const { $schema, ...schema } = z.toJSONSchema(RESULT_SCHEMAS[name]) as JsonSchema;
  const $id = `urn:tslens:${name}:${SCHEMA_VERSION}`;
  return { $schema, $id, title: TITLES[name], ...schema };
}

/** What is read of a JSON Schema here. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}
