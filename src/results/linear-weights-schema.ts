import { z } from "zod";
import { testedClaimSchema } from "./evidence-parts";
import type { LinearWeightsResult } from "./linear-weights-result";
import {
  headKeys,
  numberOrNull,
  provenanceSchema,
  requireLength,
  requireSame,
  schemaVersionKey,
  timestampKey,
} from "./schema-parts";
import { decompositionSchema, gradientSchema, similarityTestSchema } from "./similarity-evidence";

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

const keys = z.strictObject({
  ...headKeys,
  sim_with_input: cosine,
  sim_with_output: cosine,
  random_baseline_mean: cosine,
  z_score_input: numberOrNull,
  z_score_output: numberOrNull,
  timestamp: timestampKey,
  schema_version: schemaVersionKey,
  p_value_input: probability,
  p_value_output: probability,
  layer_type: z.string().min(1),
  d_model: z.int().min(1),
  linear_weights_rule: z.string().min(1),
  linear_weights: vector,
  linear_weights_centred: vector.nullable(),
  linear_weights_unembed: vector.nullable(),
  mlp_input_weights: vector.nullable(),
  mlp_output_weights: vector.nullable(),
  similarities: z.record(z.string(), cosine),
  stats: z.strictObject({
    linear: statisticsSchema,
    mlp_in: statisticsSchema.nullable(),
    mlp_out: statisticsSchema.nullable(),
  }),
  pca: z.strictObject({
    points: z.array(z.tuple([z.number(), z.number()])),
    explained_variance_ratio: z.union(
      [z.tuple([z.number(), z.number()]), z.tuple([z.null(), z.null()])],
      "expected two finite numbers, or two nulls",
    ),
  }),
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
  similarity_tests: z.array(similarityTestSchema),
  tests: z.array(testedClaimSchema),
  processed_and_raw: z.string().min(1),
  decompositions: z.array(decompositionSchema),
  gradient: gradientSchema,
  warnings: z.array(z.string()),
  provenance: provenanceSchema,
});

/** The keys of a {@link LinearWeightsResult}, their ranges, and what must agree between them. */
export const linearWeightsSchema: z.ZodType<LinearWeightsResult> = keys.superRefine(
  (result, context) => {
    for (const key of [
      "linear_weights",
      "linear_weights_centred",
      "linear_weights_unembed",
      "mlp_input_weights",
      "mlp_output_weights",
    ] as const) {
      const values = result[key];
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
    const vectors = Object.values(result.stats).filter((statistics) => statistics !== null).length;
    requireLength(context, ["pca", "points"], result.pca.points.length, vectors, "vector of stats");
    requireSame(
      context,
      ["random_baseline_mean"],
      result.random_baseline_mean,
      result.random_baseline.mean,
      "random_baseline.mean",
    );
  },
);
