import { z } from "zod";
import {
  intervalSchema,
  probabilitySchema,
  rankSchema,
  reasonSchema,
  testedClaimSchema,
} from "../../results/evidence-parts";
import { numberOrNull, patchedRunSchema, type ResultOf } from "../../results/schema-parts";

const byPrompt = z.array(z.number());
const byFactorAndPrompt = z.array(byPrompt);

const coefficientTestSchema = z.strictObject({
  estimate: numberOrNull,
  standard_error: z
    .number()
    .min(0)
    .nullable()
    .describe("Robust to any dependence among the factors of one prompt."),
  t: numberOrNull,
  degrees_of_freedom: z.int().min(0).describe("Prompts − 1."),
  p_value: probabilitySchema,
  reason: reasonSchema,
});

/** One least-squares line with its uncertainty over prompts. */
const fitSchema = z.strictObject({
  points: z.int().min(0),
  prompts: z.int().min(0),
  slope: intervalSchema,
  intercept: intervalSchema,
  r_squared: intervalSchema,
  slope_test: coefficientTestSchema,
  intercept_test: coefficientTestSchema,
});
export type Fit = ResultOf<typeof fitSchema>;

/** Slopes prompt by prompt: where they lie and how they scatter. */
const promptSlopesSchema = z.strictObject({
  n: z.int().min(0).describe("Prompts with a slope of their own."),
  left_out: z
    .array(z.int().min(0))
    .describe("Prompts whose activation is near zero, so that scaling hardly changes it."),
  mean: intervalSchema,
  std: z.number().min(0).nullable().describe("Sample standard deviation over prompts."),
  standard_error: z.number().min(0).nullable(),
  min: numberOrNull,
  median: numberOrNull,
  max: numberOrNull,
  t: numberOrNull,
  p_value: probabilitySchema,
  reason: reasonSchema,
});

const effectSizesSchema = z.strictObject({
  prediction_std: z.number().min(0).describe("Of the unpatched predictions over the prompts."),
  activation_std: z.number().min(0).describe("Of the unpatched activations over the prompts."),
  slope: numberOrNull.describe(
    "The slope in standard deviations of the prediction per standard deviation of the activation.",
  ),
  runs: z
    .array(
      z.strictObject({
        patch: patchedRunSchema.shape.patch,
        mean_change: numberOrNull,
        mean_absolute_change: numberOrNull,
      }),
    )
    .describe("Changes of the prediction in its standard deviations, for each patch."),
  reason: reasonSchema,
});

/** The slope that describes the prompts: the pooled one where they agree, else the mean of their own. */
const typicalSlopeSchema = z.strictObject({
  of: z.enum(["all_points", "prompt_slopes"]).describe("Where `slope` stands in `evidence`."),
  slope: intervalSchema,
  standardized: intervalSchema.describe(
    "The same in standard deviations over these prompts: of the prediction per one of the activation.",
  ),
  prompts_agree: z
    .boolean()
    .nullable()
    .describe(
      "False where the pooled slope lies outside the interval of the mean of the prompts' own slopes, or the prompts' own lines explain a tenth of the variance more than the pooled one; null where fewer than two prompts have a slope.",
    ),
  pooled_r_squared: numberOrNull.describe("R² of one line through all points."),
  own_r_squared: numberOrNull.describe(
    "Share of the changes' variance that the prompts' own lines explain.",
  ),
  note: z.string().min(1).nullable().describe("How the prompts disagree; null where they agree."),
});

/** How sure the slope is, against which nulls. */
export const slopeEvidenceSchema = z.strictObject({
  all_points: fitSchema.describe("All points: the fit of `slope`, `intercept` and `r_squared`."),
  changed_points: fitSchema.describe(
    "Without the points whose activation was not changed: zero by construction, no evidence.",
  ),
  prompt_slopes: promptSlopesSchema,
  baseline_correlation: intervalSchema,
  effect_sizes: effectSizesSchema,
  typical_slope: typicalSlopeSchema,
  tests: z.array(testedClaimSchema),
});
export type SlopeEvidence = ResultOf<typeof slopeEvidenceSchema>;

/** What the direct path from the neuron to the features does to the prediction, and what is left. */
export const directEffectSchema = z.strictObject({
  reason: reasonSchema,
  closed_form: z
    .strictObject({
      slope: numberOrNull.describe("w · what one unit of the activation adds to the features."),
      difference: numberOrNull.describe("The measured slope minus it."),
      largest_error: numberOrNull.describe(
        "Largest |measured − predicted| change over prompts and factors, relative to the largest change.",
      ),
      reason: reasonSchema,
    })
    .describe("Where a linear head reads the stream at the patched layer, the slope is known."),
  direction_norm: numberOrNull.describe("Length of what one unit of the activation writes."),
  direct: byFactorAndPrompt.describe("[factor][prompt] change by the direct path alone."),
  total: byFactorAndPrompt.describe("[factor][prompt] the measured change."),
  indirect: byFactorAndPrompt.describe("[factor][prompt] total − direct: through later layers."),
  direct_slope: intervalSchema,
  indirect_slope: intervalSchema,
  direct_share: intervalSchema.describe("direct_slope / the total slope."),
});
export type DirectEffect = ResultOf<typeof directEffectSchema>;

/** The neuron set to its own quantiles over the prompts: a change also where it is near zero. */
export const quantileExperimentSchema = z.strictObject({
  reason: reasonSchema,
  near_zero: z
    .array(z.int().min(0))
    .describe("Prompts whose activation is so small that scaling it says nothing."),
  probabilities: z.array(z.number().min(0).max(1)),
  values: z.array(z.number()).describe("The neuron's quantiles over the prompts."),
  runs: z.array(patchedRunSchema),
  slope: intervalSchema,
  intercept: intervalSchema,
  r_squared: intervalSchema,
});
export type QuantileExperiment = ResultOf<typeof quantileExperimentSchema>;

/** The same experiment on other neurons of the layer that vary as much. */
export const neuronControlSchema = z.strictObject({
  reason: reasonSchema,
  candidates: z.int().min(0).describe("Neurons whose activation varies by half to twice as much."),
  neurons: z.array(
    z.strictObject({
      neuron: z.int().min(0),
      activation_std: z.number().min(0),
      slope: numberOrNull.describe("Of this head's prediction on that neuron's activation."),
      effect: numberOrNull.describe(
        "|slope| × activation_std in standard deviations of the prediction.",
      ),
    }),
  ),
  target: z.strictObject({
    activation_std: z.number().min(0),
    slope: numberOrNull,
    effect: numberOrNull,
  }),
  slope_rank: rankSchema.describe("The target's |slope| among the control neurons'."),
  effect_rank: rankSchema,
});
export type NeuronControl = ResultOf<typeof neuronControlSchema>;

/** Heads of the same kind that learnt shuffled labels: what reading the neuron would come to by chance. */
export const labelControlSchema = z.strictObject({
  reason: reasonSchema,
  texts: z.int().min(0).describe("How many texts they were trained on."),
  heads: z.array(
    z.strictObject({
      slope: numberOrNull.describe("Of that head's prediction on the neuron's activation."),
      test_r_squared: numberOrNull.describe("On shuffled labels of texts that it did not see."),
    }),
  ),
  test_r_squared: numberOrNull.describe("Of the head itself, on texts that it did not see."),
  selectivity: numberOrNull.describe("The head's test R² minus the mean of the shuffled ones'."),
  slope_rank: rankSchema.describe("The head's |slope| among theirs."),
});
export type LabelControl = ResultOf<typeof labelControlSchema>;

export const controlsSchema = z.strictObject({
  neurons: neuronControlSchema,
  shuffled_labels: labelControlSchema,
});
export type Controls = ResultOf<typeof controlsSchema>;
