import { z } from "zod";
import { PATCH_KINDS, type Patch } from "../patching/patch-kinds";
import { promptSchema, type RunPrompt, rankSchema, reasonSchema } from "./evidence-parts";
import type { Provenance } from "./provenance";
import {
  headKeys,
  numberOrNull,
  provenanceSchema,
  requireLength,
  schemaVersionKey,
  timestampKey,
} from "./schema-parts";
import type { SCHEMA_VERSION } from "./schema-version";

const neuronSchema = z.strictObject({
  index: z.int().min(0),
  mean_change: numberOrNull.describe("Mean over prompts of the prediction's change."),
  mean_abs_change: numberOrNull.describe("Mean over prompts of its magnitude."),
});

const sweptSchema = z.strictObject({
  hook: z.string().min(1).describe("The activation whose numbers were patched one by one."),
  mean_change: z.array(numberOrNull).describe("[neuron] mean over prompts."),
  mean_abs_change: z
    .array(numberOrNull)
    .describe("[neuron] mean over prompts of the change's magnitude: what is ranked."),
  changes: z
    .array(z.array(z.number()).nullable())
    .describe("[neuron][prompt] the prediction's change; null where the sweep was stopped before."),
  largest: z.array(neuronSchema).describe("The neurons of the largest effects."),
  attribution: z
    .strictObject({ correlation: z.number().min(-1).max(1).nullable(), reason: reasonSchema })
    .describe("Pearson's correlation of the changes with their gradient approximation."),
});

const targetSchema = z.strictObject({
  hook: z.string().min(1),
  ...neuronSchema.shape,
  ...rankSchema.shape,
});

/** One activation's neurons, and what patching each of them changes. */
export type SweptNeurons = z.infer<typeof sweptSchema>;

/** The neuron that the head predicts, and its place among those of its activation. */
export type SweepTarget = z.infer<typeof targetSchema>;

/**
 * What `tslens sweep --json` and the second notebook's sweep report: by how much a head's prediction
 * changes when each neuron is patched alone. A number that does not exist is null.
 */
export interface NeuronSweepResult {
  /** The directory that was asked for. */
  readonly model_path: string;
  /** "regression", "classification" or "token". */
  readonly head_type: string;
  readonly target_layer: number;
  readonly target_neuron: number;
  /** When the sweep ran: ISO 8601, UTC, whole seconds. */
  readonly timestamp: string;
  /** Version of these keys. */
  readonly schema_version: typeof SCHEMA_VERSION;
  /** Which activation the head predicts, e.g. "mlp_out". */
  readonly layer_type: string;
  /** Full name of the activation that the head predicts one number of. */
  readonly hook: string;
  /** What was done to each neuron: `["zero", 0]`; see {@link Patch}. */
  readonly patch: Patch;
  readonly prompts: readonly RunPrompt[];
  /** The unpatched run. */
  readonly baseline: { readonly prediction: readonly number[] };
  /** The neuron that the head predicts; null if its activation was not swept. */
  readonly target: SweepTarget | null;
  /** The activations that were swept, in the order that was asked for. */
  readonly swept: readonly SweptNeurons[];
  /** Whether every neuron was patched. */
  readonly is_complete: boolean;
  /** What the reader has to know before reading the numbers; often empty. */
  readonly warnings: readonly string[];
  readonly provenance: Provenance;
}

const keys = z.strictObject({
  ...headKeys,
  timestamp: timestampKey,
  schema_version: schemaVersionKey,
  layer_type: z.string().min(1),
  hook: z.string().min(1),
  patch: z.tuple([z.enum(PATCH_KINDS), z.number()]),
  prompts: z.array(promptSchema).min(1),
  baseline: z.strictObject({ prediction: z.array(z.number()) }),
  target: targetSchema.nullable(),
  swept: z.array(sweptSchema).min(1),
  is_complete: z.boolean(),
  warnings: z.array(z.string()),
  provenance: provenanceSchema,
});

/** The keys of a {@link NeuronSweepResult}, and what must agree between them. */
export const neuronSweepSchema: z.ZodType<NeuronSweepResult> = keys.superRefine(
  ({ prompts, baseline, swept }, context) => {
    const path = ["baseline", "prediction"];
    requireLength(context, path, baseline.prediction.length, prompts.length, "prompt");
    swept.forEach(({ mean_change, mean_abs_change, changes }, i) => {
      for (const [name, list] of Object.entries({ mean_change, mean_abs_change })) {
        requireLength(context, ["swept", i, name], list.length, changes.length, "neuron");
      }
      changes.forEach((ofNeuron, neuron) => {
        if (!ofNeuron) return;
        const at = ["swept", i, "changes", neuron];
        requireLength(context, at, ofNeuron.length, prompts.length, "prompt");
      });
    });
  },
);
