import { z } from "zod";
import { PATCH_KINDS } from "../patching/patch-kinds";
import { SCHEMA_VERSION } from "./schema-version";

/** A number, or null where none exists. NaN and infinities are refused by `z.number()` itself. */
export const numberOrNull = z.number().nullable();

/** One run of all prompts under one patch. */
export const patchedRunSchema = z.strictObject({
  patch: z.tuple([z.enum(PATCH_KINDS), z.number()]),
  activation: z.array(z.number()),
  prediction: z.array(z.number()),
});

/** What is put in front of both results: where the head is and what it predicts. */
export const headKeys = {
  model_path: z.string().min(1),
  head_type: z.string().min(1),
  target_layer: z.int().min(0),
  target_neuron: z.int().min(0),
};

export const timestampKey = z.iso.datetime({ precision: 0 });

export const schemaVersionKey = z.literal(SCHEMA_VERSION);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");

export const provenanceSchema = z.strictObject({
  tslens: z.string().min(1),
  node: z.string().min(1),
  platform: z.string().min(1),
  engine: z.string().min(1),
  engine_description: z.string().min(1),
  libraries: z.record(z.string(), z.string().min(1)),
  base_model: z.string().min(1),
  base_model_sha256: sha256.nullable(),
  base_model_files: z.record(z.string(), sha256),
  head_sha256: sha256,
  head_config_sha256: sha256,
  weight_processing: z.strictObject({
    fold_ln: z.boolean(),
    center_writing_weights: z.boolean(),
    center_unembed: z.boolean(),
    fold_value_biases: z.boolean(),
  }),
  prepend_bos: z.boolean(),
  seed: z.int(),
  random_streams: z.array(z.string().min(1)),
});

/** Adds an issue at `path` unless two lists that belong together have the same length. */
export function requireLength(
  context: z.RefinementCtx,
  path: (string | number)[],
  found: number,
  expected: number,
  of: string,
): void {
  if (found === expected) return;
  context.addIssue({
    code: "custom",
    path,
    message: `expected ${expected} entries (one for each ${of}), received ${found}`,
  });
}

/** Adds an issue at `path` unless a number that stands in two places is the same in both. */
export function requireSame(
  context: z.RefinementCtx,
  path: (string | number)[],
  found: number | null,
  expected: number | null,
  elsewhere: string,
): void {
  if (Object.is(found, expected) || found === expected) return;
  context.addIssue({
    code: "custom",
    path,
    message: `expected ${expected}, as ${elsewhere} says, received ${found}`,
  });
}
