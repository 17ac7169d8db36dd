import { z } from "zod";
import { PATCH_KINDS } from "../patching/patch-kinds";
import { SCHEMA_VERSION } from "./schema-version";

/** What a schema describes, to be read only. */
export type ResultOf<Schema extends z.ZodType> = ReadonlyDeep<z.infer<Schema>>;

type ReadonlyDeep<T> = T extends object ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> } : T;

/** A number, or null where none exists. NaN and infinities are refused by `z.number()` itself. */
export const numberOrNull = z.number().nullable();

/** What is done to an activation, see `Patch`. */
export const patchSchema = z
  .tuple([z.enum(PATCH_KINDS), z.number()])
  .describe('Kind and value: `["set", 3]`.');

/** One run of all prompts under one patch. */
export const patchedRunSchema = z.strictObject({
  patch: patchSchema,
  activation: z.array(z.number()).describe("`[prompt]` the patched activation."),
  prediction: z.array(z.number()).describe("`[prompt]` the prediction under the patch."),
});
export type PatchedRun = ResultOf<typeof patchedRunSchema>;

/** What every result begins with: where the head is and what it predicts. */
export const headKeys = {
  model_path: z.string().min(1).describe("The directory that was asked for."),
  head_type: z.string().min(1).describe('"regression", "classification" or "token".'),
  target_layer: z.int().min(0),
  target_neuron: z.int().min(0),
};

export const timestampKey = z.iso.datetime({ precision: 0 });

export const schemaVersionKey = z.literal(SCHEMA_VERSION);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");

/** What made a result: enough to make it again, and to see why two results differ. */
export const provenanceSchema = z.strictObject({
  tslens: z.string().min(1).describe("Version of tslens."),
  node: z.string().min(1).describe('Version of Node, e.g. "v20.20.2".'),
  platform: z.string().min(1).describe('Operating system and processor, e.g. "linux x64".'),
  engine: z.string().min(1).describe('The tensor engine that computed, e.g. "tensorflow".'),
  engine_description: z.string().min(1).describe("The engine and its version."),
  libraries: z
    .record(z.string(), z.string().min(1))
    .describe("Versions of the packages that numbers depend on, by name."),
  base_model: z.string().min(1).describe("Name or folder of the base model that was run."),
  base_model_sha256: sha256
    .nullable()
    .describe("SHA-256 of the base model's weight file, where there is one file."),
  base_model_files: z
    .record(z.string(), sha256)
    .describe("SHA-256 of each of the base model's files: configuration, weights, tokenizer."),
  head_sha256: sha256.describe("SHA-256 of the head's `head.pt`."),
  head_config_sha256: sha256.describe("SHA-256 of the head's `config.json`."),
  weight_processing: z
    .strictObject({
      fold_ln: z.boolean(),
      center_writing_weights: z.boolean(),
      center_unembed: z.boolean(),
      fold_value_biases: z.boolean(),
    })
    .describe(
      "How the base model's weights were processed; all false is the plain Hugging Face model.",
    ),
  prepend_bos: z
    .boolean()
    .describe("Whether the beginning-of-sequence token was put before each text."),
  seed: z.int().describe("Seed of every random draw."),
  random_streams: z
    .array(z.string().min(1))
    .describe("Names of the random streams that were drawn from; independent of one another."),
});
export type Provenance = ResultOf<typeof provenanceSchema>;

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
