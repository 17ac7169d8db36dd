import { z } from "zod";
import { testedClaimSchema } from "../../results/evidence-parts";
import {
  headKeys,
  numberOrNull,
  provenanceSchema,
  type ResultOf,
  requireLength,
  requireSame,
  schemaVersionKey,
  timestampKey,
} from "../../results/schema-parts";
import {
  decompositionSchema,
  gradientSchema,
  mainSimilaritySchema,
  similarityTestSchema,
} from "./similarity-evidence";

const statisticsSchema = z.strictObject({
  mean: z.number(),
  std: z.number().min(0),
  min: z.number(),
  max: z.number(),
  l2_norm: z.number().min(0),
  sparsity: z.number().min(0).max(1),
});

const cosine = z.number().min(-1).max(1).nullable();
const probability = z.number().min(0).max(1).nullable();
const vector = z.array(z.number()).min(1);

const pcaSchema = z.strictObject({
  points: z.array(z.tuple([z.number(), z.number()])),
  explained_variance_ratio: z.union(
    [z.tuple([z.number(), z.number()]), z.tuple([z.null(), z.null()])],
    "expected two finite numbers, or two nulls",
  ),
});

const keys = z.strictObject({
  ...headKeys,
  sim_with_input: cosine.describe(
    "Cosine of the linear weights with the neuron's MLP input weights, W_in[:, n].",
  ),
  sim_with_output: cosine.describe(
    "Cosine of the linear weights with the neuron's MLP output weights, W_out[n, :].",
  ),
  random_baseline_mean: cosine.describe("Mean cosine with random directions."),
  z_score_input: numberOrNull.describe(
    "`sim_with_input` in standard deviations of the random baseline.",
  ),
  z_score_output: numberOrNull.describe(
    "`sim_with_output` in standard deviations of the random baseline.",
  ),
  timestamp: timestampKey.describe("When the analysis ran: ISO 8601, UTC, whole seconds."),
  schema_version: schemaVersionKey.describe("Version of these keys; see `schemas/`."),
  p_value_input: probability.describe(
    "Chance that a random direction is at least as similar (two-sided, exact).",
  ),
  p_value_output: probability,
  sim_with_gate: cosine
    .optional()
    .describe(
      "Cosine of the linear weights with a gated neuron's other input, W_gate[:, n]. The keys of gates are there where the MLP has one.",
    ),
  z_score_gate: numberOrNull
    .optional()
    .describe("`sim_with_gate` in standard deviations of the random baseline."),
  p_value_gate: probability.optional(),
  layer_type: z.string().min(1).describe('Which activation the head predicts, e.g. "mlp_out".'),
  d_model: z
    .int()
    .min(1)
    .describe("Width of the residual stream, and length of every vector here."),
  linear_weights_rule: z
    .string()
    .min(1)
    .describe("How the linear weights were read from the head, in words."),
  linear_weights: vector.describe("`[d_model]`"),
  linear_weights_centred: vector
    .nullable()
    .describe(
      "`[d_model]` classification: the same sum with bin centres minus their mean; else null.",
    ),
  linear_weights_unembed: vector
    .nullable()
    .describe("`[d_model]` token heads: the same sum over unembedding columns; else null."),
  mlp_input_weights: vector
    .nullable()
    .describe(
      "`[d_model]` the neuron's MLP input weights, W_in[:, n]; null where there is no such neuron.",
    ),
  mlp_output_weights: vector
    .nullable()
    .describe(
      "`[d_model]` the neuron's MLP output weights, W_out[n, :]; null where there is no such neuron.",
    ),
  mlp_gate_weights: vector
    .nullable()
    .optional()
    .describe(
      "`[d_model]` the neuron's gate weights, W_gate[:, n]; null where there is no such neuron.",
    ),
  similarities: z
    .record(z.string(), cosine)
    .describe('Further cosines by name, such as "basis_vector" or "read_direction".'),
  main_similarity: mainSimilaritySchema.describe(
    "The similarity that means something for what the head predicts.",
  ),
  stats: z
    .strictObject({
      linear: statisticsSchema,
      mlp_in: statisticsSchema.nullable(),
      mlp_out: statisticsSchema.nullable(),
      mlp_gate: statisticsSchema.nullable().optional(),
    })
    .describe("Statistics of the vectors; null where the target has no such MLP weights."),
  pca: pcaSchema.describe(
    "The first three vectors of `stats` that exist, in that order, in the plane in which they differ most.",
  ),
  pca_with_gate: pcaSchema
    .optional()
    .describe("The same with all vectors of `stats` that exist, W_gate[:, n] the last."),
  random_baseline: z.strictObject({
    mean: cosine,
    std: z.number().min(0).nullable(),
    p5: cosine,
    p95: cosine,
    min: cosine,
    max: cosine,
    n: z.int().min(1),
    seed: z.int(),
    exact_std: numberOrNull,
  }),
  similarity_tests: z.array(similarityTestSchema).describe("Every similarity against every null."),
  tests: z
    .array(testedClaimSchema)
    .describe(
      "The p-values of `similarity_tests` that are read together, adjusted for one another.",
    ),
  processed_and_raw: z
    .string()
    .min(1)
    .describe("What the difference between processed and raw weights means, in a sentence."),
  decompositions: z
    .array(decompositionSchema)
    .describe("Each similarity of the linear weights taken apart over the coordinates."),
  gradient: gradientSchema.describe(
    "How the prediction really changes with the features, over prompts.",
  ),
  warnings: z
    .array(z.string())
    .describe("What the reader has to know before reading the numbers; often empty."),
  provenance: provenanceSchema,
});

/**
 * What the first notebook and `tslens weights --json` report: a head's linear weights beside the
 * weights of the neuron that it predicts.
 *
 * The first ten keys are the contract with the Python scripts (SPEC section 7). A number that does
 * not exist is null.
 */
export type LinearWeightsResult = ResultOf<typeof keys>;

/** The keys, and what must agree between them. */
export const linearWeightsSchema: z.ZodType<LinearWeightsResult> = keys.superRefine(
  (result, context) => {
    for (const key of [
      "linear_weights",
      "linear_weights_centred",
      "linear_weights_unembed",
      "mlp_input_weights",
      "mlp_output_weights",
      "mlp_gate_weights",
    ] as const) {
      const values = result[key] ?? null;
      if (values !== null) {
        requireLength(context, [key], values.length, result.d_model, "coordinate");
      }
    }
    const { gradient, d_model } = result;
    for (const key of ["mean", "std"] as const) {
      const values = gradient[key];
      if (values === null) continue;
      requireLength(context, ["gradient", key], values.length, d_model, "coordinate");
    }
    const { mlp_gate = null, ...ofPlain } = result.stats;
    const plain = Object.values(ofPlain).filter((statistics) => statistics !== null).length;
    for (const [key, vectors] of [
      ["pca", plain],
      ["pca_with_gate", plain + (mlp_gate === null ? 0 : 1)],
    ] as const) {
      const points = result[key]?.points;
      if (points === undefined) continue;
      requireLength(context, [key, "points"], points.length, vectors, "vector of stats");
    }
    requireSame(
      context,
      ["random_baseline_mean"],
      result.random_baseline_mean,
      result.random_baseline.mean,
      "random_baseline.mean",
    );
  },
);
