import { z } from "zod";
import { intervalSchema, rankSchema, reasonSchema } from "../../results/evidence-parts";
import {
  headKeys,
  numberOrNull,
  provenanceSchema,
  type ResultOf,
  schemaVersionKey,
  timestampKey,
} from "../../results/schema-parts";

/** What a head turns out to read. */
export const VERDICTS = [
  "does not predict",
  "reads the neuron",
  "reads its inputs",
  "reads a correlate",
  "undecided",
  "cannot be tested this way",
  "no verdict",
] as const;

const criterionSchema = z.strictObject({
  name: z.string().min(1).describe("What was judged, such as `causal share`."),
  estimate: numberOrNull,
  low: numberOrNull.describe("End of its 95% interval over texts."),
  high: numberOrNull,
  threshold: z.string().min(1).describe("What it was held against, such as `lower end ≥ 0.5`."),
  met: z.boolean().nullable().describe("Null where there was nothing to judge."),
});
export type Criterion = ResultOf<typeof criterionSchema>;

const specificitySchema = z.strictObject({
  neurons: z.int().min(0).describe("How many neurons of the target's activation were resampled."),
  texts: z.int().min(0).describe("On how many texts."),
  effect: numberOrNull.describe("The target's: mean |prediction change|."),
  largest: z
    .array(z.strictObject({ neuron: z.int().min(0), effect: z.number().min(0) }))
    .describe("The neurons of the largest effects."),
  ...rankSchema.shape,
});
export type Specificity = ResultOf<typeof specificitySchema>;

const randomDirectionsSchema = z.strictObject({
  directions: z.int().min(0).describe("How many were drawn."),
  effect: numberOrNull.describe(
    "Mean |change| along the head's gradient on each text: for a linear head, of its prediction.",
  ),
  median_effect: numberOrNull.describe("Along a random direction of the same length."),
  median_r: numberOrNull.describe(
    "|Correlation| of the activation with a random direction's readout.",
  ),
  ...rankSchema.shape,
});

const shuffledLabelsSchema = z.strictObject({
  texts: z.int().min(0).describe("Training texts whose labels were shuffled."),
  effect: numberOrNull.describe("The head's own: mean |prediction change|."),
  heads: z
    .array(z.strictObject({ effect: z.number().min(0), r: numberOrNull }))
    .describe("Theirs, and their correlation with the activation on the held-out texts."),
  ...rankSchema.shape,
});

const decompositionSchema = z.strictObject({
  direction: z
    .enum(["weights", "mean gradient"])
    .nullable()
    .describe("Along what the stream is read: a linear head's weights, else its mean gradient."),
  slope: numberOrNull.describe("What is taken apart: `observational_slope`."),
  parts: z
    .array(
      z.strictObject({
        part: z.enum(["embed", "pos_embed", "attn_out", "mlp_out"]),
        layer: z.int().min(0).nullable(),
        slope: intervalSchema,
      }),
    )
    .describe("Slope on the activation of what each writes along the direction."),
  heads: z
    .array(z.strictObject({ layer: z.int().min(0), head: z.int().min(0), slope: z.number() }))
    .nullable()
    .describe("The same of each attention head; null where a norm stands behind attention."),
  neurons: z
    .array(z.strictObject({ layer: z.int().min(0), neuron: z.int().min(0), slope: z.number() }))
    .nullable()
    .describe("The same of hidden neurons, the largest; null where a norm stands behind the MLP."),
  target: numberOrNull.describe(
    "What one unit of the target writes along the direction itself; null where it writes nothing there.",
  ),
  residue: numberOrNull.describe(
    "slope − the sum over parts: rounding for a linear head, else what bends.",
  ),
  reason: reasonSchema,
});

const predictionSchema = z.strictObject({
  r: intervalSchema.describe("Pearson's correlation of prediction and activation."),
  r_squared: numberOrNull.describe(
    "1 − squared error / variance, of the head; null where the prediction has no units.",
  ),
  r_squared_last_token: numberOrNull.describe(
    "The same of the training texts' mean over those with the same last token.",
  ),
  last_token_texts: z.int().min(0).describe("On how many training texts that was fitted."),
  reason: reasonSchema,
});

const keys = z.strictObject({
  verdict: z.enum(VERDICTS).describe("What the head reads, as far as that can be told."),
  because: z
    .array(z.string().min(1))
    .describe("What decided, a sentence each; the first says it all."),
  criteria: z
    .array(criterionSchema)
    .describe("What the verdict was made of, in the order of its rules."),
  causal_share: intervalSchema.describe("causal_slope / observational_slope."),
  ...headKeys,
  timestamp: timestampKey.describe("When the audit ran: ISO 8601, UTC, whole seconds."),
  schema_version: schemaVersionKey.describe("Version of these keys."),
  layer_type: z.string().min(1).describe('Which activation the head predicts, e.g. "mlp_out".'),
  hook: z.string().min(1).describe("Full name of that activation."),
  texts: z
    .strictObject({
      given: z.int().min(0),
      dropped: z.int().min(0).describe("Training texts of the head."),
      repeated: z.int().min(0).describe("The same as another up to the measured token."),
      used: z.int().min(0),
      training_known: z.boolean().describe("Whether training texts could be told at all."),
      sha256: z.string().describe("Of the token ids that were measured, text by text."),
    })
    .describe("Which texts it was made on."),
  prediction: predictionSchema.describe("How well the head predicts."),
  observational_slope: intervalSchema.describe(
    "Least squares of the prediction on the activation over texts.",
  ),
  causal_slope: intervalSchema.describe(
    "Least squares of the prediction on the value that the neuron is set to, an intercept a text.",
  ),
  input_slope: intervalSchema.describe(
    "The same with the neuron held and what it reads moved as if it had the value.",
  ),
  input_share: intervalSchema.describe("input_slope / observational_slope."),
  both_shares: intervalSchema.describe("causal_share + input_share."),
  unreached: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("Share of the moves along the inputs that did not reach the value."),
  specificity: specificitySchema.describe("The target among the neurons of its activation."),
  decomposition: decompositionSchema.describe(
    "The observational slope by what writes to the stream that the head reads.",
  ),
  random_directions: randomDirectionsSchema.describe(
    "The same resampling read along random directions of the stream that the head reads.",
  ),
  shuffled_labels: shuffledLabelsSchema.describe(
    "The same resampling read by heads of the same kind that learnt shuffled labels.",
  ),
  resamples: z.int().min(0).describe("Other texts whose value each text took."),
  study: z
    .strictObject({
      job: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe("SHA-256 of head, base model, texts, options and version: what names the job."),
      cosine: z.number().min(-1).max(1).nullable(),
      cosine_of: z
        .string()
        .nullable()
        .describe("Which vector of the model the head's linear weights are compared with."),
      cosine_percentile: z.number().min(0).max(100).nullable(),
    })
    .optional()
    .describe("What `tslens study` adds: which job made it, and the cosine of its table."),
  warnings: z.array(z.string()).describe("What the reader has to know; often empty."),
  provenance: provenanceSchema,
});

/** What `tslens audit --json` reports: what a head reads, and how sure that is. */
export type AuditResult = ResultOf<typeof keys>;

export const auditSchema: z.ZodType<AuditResult> = keys;
