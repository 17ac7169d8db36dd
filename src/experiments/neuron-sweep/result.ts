import { z } from "zod";
import { promptSchema, rankSchema, reasonSchema } from "../../results/evidence-parts";
import {
  headKeys,
  numberOrNull,
  patchSchema,
  provenanceSchema,
  type ResultOf,
  requireLength,
  schemaVersionKey,
  timestampKey,
} from "../../results/schema-parts";

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
export type SweptNeurons = ResultOf<typeof sweptSchema>;

/** The neuron that the head predicts, and its place among those of its activation. */
export type SweepTarget = ResultOf<typeof targetSchema>;

const keys = z.strictObject({
  ...headKeys,
  timestamp: timestampKey.describe("When the sweep ran: ISO 8601, UTC, whole seconds."),
  schema_version: schemaVersionKey.describe("Version of these keys."),
  layer_type: z.string().min(1).describe('Which activation the head predicts, e.g. "mlp_out".'),
  hook: z
    .string()
    .min(1)
    .describe("Full name of the activation that the head predicts one number of."),
  patch: patchSchema.describe('What was done to each neuron: `["zero", 0]`; see `Patch`.'),
  prompts: z.array(promptSchema).min(1),
  baseline: z.strictObject({ prediction: z.array(z.number()) }).describe("The unpatched run."),
  target: targetSchema
    .nullable()
    .describe("The neuron that the head predicts; null if its activation was not swept."),
  swept: z
    .array(sweptSchema)
    .min(1)
    .describe("The activations that were swept, in the order that was asked for."),
  is_complete: z.boolean().describe("Whether every neuron was patched."),
  warnings: z
    .array(z.string())
    .describe("What the reader has to know before reading the numbers; often empty."),
  provenance: provenanceSchema,
});

/**
 * What `tslens sweep --json` and the second notebook's sweep report: by how much a head's prediction
 * changes when each neuron is patched alone. A number that does not exist is null.
 */
export type NeuronSweepResult = ResultOf<typeof keys>;

/** The keys, and what must agree between them. */
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
