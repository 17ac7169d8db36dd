import { z } from "zod";
import {
  cosineSchema,
  empiricalNullSchema,
  probabilitySchema,
  promptSchema,
  rankSchema,
  reasonSchema,
} from "../../results/evidence-parts";
import { numberOrNull, type ResultOf } from "../../results/schema-parts";

/** The cosines of the same head with every other vector of the layer. */
const otherNeuronsSchema = rankSchema.extend({
  mean: numberOrNull,
  std: z.number().min(0).nullable(),
  p5: numberOrNull,
  p95: numberOrNull,
  min: numberOrNull,
  max: numberOrNull,
  most_similar: z
    .array(z.strictObject({ neuron: z.int().min(0), cosine: z.number().min(-1).max(1) }))
    .describe("The ten of largest |cosine|, the target among them if it is one."),
});

const comparisonSchema = z.enum([
  ...["input", "output", "gate"],
  ...["basis_vector", "read_direction", "gate_read_direction"],
] as const);

/** One vector that the head is compared with, under every null. */
export const similarityTestSchema = z.strictObject({
  head_vector: z
    .enum(["linear_weights", "linear_weights_centred", "linear_weights_unembed", "mean_gradient"])
    .describe("Which of the head's vectors."),
  comparison: comparisonSchema.describe(
    "With which vector: W_in[:, n], W_out[n, :], in a gated MLP W_gate[:, n], e_n, W_in @ W_out[:, n] or W_gate @ W_out[:, n].",
  ),
  weights: z.enum(["processed", "raw"]).describe("Of the processed model, or as in its file."),
  cosine: cosineSchema,
  reason: reasonSchema,
  random_directions: z
    .strictObject({
      t: numberOrNull,
      degrees_of_freedom: z.int().min(0),
      p_value: probabilitySchema,
    })
    .describe("The exact law of random directions: Student's t."),
  sampled_directions: empiricalNullSchema.describe("The same law, sampled."),
  other_neurons: otherNeuronsSchema.describe("The same head against every neuron of the layer."),
  shuffled_coordinates: empiricalNullSchema.describe("The head's weights, coordinates shuffled."),
  layer_covariance: empiricalNullSchema.describe(
    "Gaussian vectors with the covariance of the layer's weights.",
  ),
});
export type SimilarityTest = ResultOf<typeof similarityTestSchema>;

/** The similarity that means something for what the head predicts. */
export const mainSimilaritySchema = z.strictObject({
  comparison: comparisonSchema
    .nullable()
    .describe(
      "What the target writes to the stream that the head reads: for a hidden MLP neuron its output weights, for a coordinate of the stream its basis vector. Where the head reads the stream before the target, what the target reads: its input (gated: gate) weights, or its read direction. Null for other activations.",
    ),
  name: z.string().min(1).nullable().describe("The same in words."),
  cosine: cosineSchema,
  ...rankSchema.shape,
});
export type MainSimilarity = ResultOf<typeof mainSimilaritySchema>;

/** A cosine taken apart into what single coordinates contribute. */
export const decompositionSchema = z.strictObject({
  comparison: comparisonSchema,
  cosine: cosineSchema,
  top: z
    .array(
      z.strictObject({
        coordinate: z.int().min(0),
        first: z.number().describe("The head's linear weight."),
        second: z.number().describe("The other vector's."),
        contribution: z.number().describe("All coordinates' add up to the cosine."),
      }),
    )
    .describe("Coordinates of largest |contribution|."),
  rest: numberOrNull.describe("What all other coordinates contribute together."),
  without_top: cosineSchema.describe("The cosine of both vectors without the top coordinates."),
  effective_coordinates: numberOrNull.describe(
    "How many equal contributions would be as concentrated as these.",
  ),
});
export type Decomposition = ResultOf<typeof decompositionSchema>;

const spreadSchema = z.strictObject({
  mean: numberOrNull,
  std: z.number().min(0).nullable(),
  min: numberOrNull,
  max: numberOrNull,
});

/** How the prediction really changes with the features, over prompts. */
export const gradientSchema = z.strictObject({
  features: z.string().min(1).describe("The hook whose change the gradient is with respect to."),
  prompts: z.array(promptSchema).describe("Where it was taken; empty where there were no prompts."),
  reason: reasonSchema,
  mean: z.array(z.number()).nullable().describe("[d_model] mean gradient over the prompts."),
  std: z.array(z.number().min(0)).nullable().describe("[d_model] spread of each coordinate."),
  mean_norm: z.number().min(0).nullable(),
  norm: spreadSchema.describe("Length of the gradient, prompt by prompt."),
  coherence: z
    .number()
    .min(0)
    .max(1 + 1e-9)
    .nullable()
    .describe("|mean|² / mean of |gradient|²: 1 for a head that is linear over these prompts."),
  cosine_with_linear_weights: spreadSchema
    .extend({ of_mean: cosineSchema, by_prompt: z.array(cosineSchema) })
    .describe("Of each prompt's gradient with the linear weights, and of the mean gradient."),
  linear_r_squared: z
    .strictObject({ linear_weights: numberOrNull, mean_gradient: numberOrNull })
    .describe("Share of the prediction's variance over the prompts that lies along each vector."),
});
export type GradientSummary = ResultOf<typeof gradientSchema>;
