import { z } from "zod";

/** A number, or null where none exists. NaN and infinities are refused by `z.number()` itself. */
export const numberOrNull = z.number().nullable();

/** What is put in front of both results: where the head is and what it predicts. */
export const headKeys = {
  model_path: z.string().min(1),
  head_type: z.string().min(1),
  target_layer: z.int().min(0),
  target_neuron: z.int().min(0),
};

export const timestampKey = z.iso.datetime({ precision: 0 });

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");

export const provenanceSchema = z.strictObject({
  tslens: z.string().min(1),
  node: z.string().min(1),
  engine: z.string().min(1),
  base_model: z.string().min(1),
  base_model_sha256: sha256.nullable().optional(),
  head_sha256: sha256,
  weight_processing: z.strictObject({
    fold_ln: z.boolean(),
    center_writing_weights: z.boolean(),
    center_unembed: z.boolean(),
    fold_value_biases: z.boolean(),
  }),
  seed: z.int(),
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
