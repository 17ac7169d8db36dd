import { z } from "zod";
import { promptSchema, reasonSchema } from "../../results/evidence-parts";
import {
  headKeys,
  numberOrNull,
  patchedRunSchema,
  provenanceSchema,
  type ResultOf,
  requireLength,
  requireSame,
  schemaVersionKey,
  timestampKey,
} from "../../results/schema-parts";
import {
  controlsSchema,
  directEffectSchema,
  quantileExperimentSchema,
  slopeEvidenceSchema,
} from "./evidence";

const numbers = z.array(z.number());
const correlation = z.number().min(-1).max(1).nullable();

const keys = z.strictObject({
  ...headKeys,
  baseline_correlation: correlation.describe(
    "Pearson's correlation of activation and prediction over the prompts, unpatched.",
  ),
  slope: numberOrNull.describe(
    "Prediction change per activation change, all prompts and factors pooled.",
  ),
  intercept: numberOrNull,
  r_squared: numberOrNull,
  scale_factors: numbers.describe("`[factor]` what the activation was multiplied by."),
  avg_act_changes: numbers.describe("`[factor]` mean over prompts of the activation's change."),
  avg_pred_changes: numbers.describe("`[factor]` mean over prompts of the prediction's change."),
  timestamp: timestampKey.describe("When the experiment ran: ISO 8601, UTC, whole seconds."),
  schema_version: schemaVersionKey.describe("Version of these keys; see `schemas/`."),
  layer_type: z.string().min(1).describe('Which activation the head predicts, e.g. "mlp_out".'),
  hook: z
    .string()
    .min(1)
    .describe('Full name of the activation that was patched, e.g. "blocks.8.hook_mlp_out".'),
  prompts: z.array(promptSchema).min(1),
  baseline: z
    .strictObject({
      activation: numbers,
      prediction: numbers,
      rounding: z
        .array(z.number().min(0))
        .describe("[prompt] by how much a prediction may be off by rounding alone."),
      correlation,
    })
    .describe("The unpatched run."),
  experiments: z.array(patchedRunSchema).describe("The patches that were asked for."),
  scaling: z
    .array(patchedRunSchema)
    .describe("The scaling experiment, one run for each of `scale_factors`."),
  regression: z
    .strictObject({
      slope: numberOrNull,
      intercept: numberOrNull,
      r_squared: numberOrNull,
      reason: reasonSchema,
    })
    .describe("The pooled line again, as one object, with the reason why it is none."),
  per_input: z
    .array(
      z.strictObject({
        slope: numberOrNull,
        intercept: numberOrNull,
        r2: numberOrNull,
        reason: reasonSchema,
      }),
    )
    .describe("The line of each prompt on its own; null where its activation never changes."),
  evidence: slopeEvidenceSchema.describe("How sure the slope is, against which nulls."),
  direct_effect: directEffectSchema.describe(
    "The part of the effect that takes the direct path, and the closed form where there is one.",
  ),
  quantiles: quantileExperimentSchema.describe(
    "The neuron set to its own quantiles: a change also where its activation is near zero.",
  ),
  controls: controlsSchema.describe(
    "The same experiment on other neurons, and with heads that learnt shuffled labels.",
  ),
  warnings: z
    .array(z.string())
    .describe("What the reader has to know before reading the numbers; often empty."),
  provenance: provenanceSchema,
});

type Keys = z.infer<typeof keys>;

/**
 * What the second notebook and `tslens patch --json` report: how a head's prediction follows the
 * neuron when the neuron is patched.
 *
 * The first twelve keys are the contract with the Python scripts (SPEC section 7). A number that does
 * not exist is null. Every list over prompts is in the order of `prompts`.
 */
export type ActivationPatchingResult = ResultOf<typeof keys>;

/** The keys, and what must agree between them. */
export const activationPatchingSchema: z.ZodType<ActivationPatchingResult> = keys.superRefine(
  (result, context) => {
    requireOnePerPrompt(result, context);
    requireOnePerFactor(result, context);
    requireSame(
      context,
      ["baseline_correlation"],
      result.baseline_correlation,
      result.baseline.correlation,
      "baseline.correlation",
    );
    for (const key of ["slope", "intercept", "r_squared"] as const) {
      requireSame(context, [key], result[key], result.regression[key], `regression.${key}`);
    }
  },
);

function requireOnePerPrompt(result: Keys, context: z.RefinementCtx): void {
  const { prompts, baseline, experiments, scaling, per_input, quantiles, direct_effect } = result;
  const lists: [(string | number)[], number][] = [
    [["baseline", "activation"], baseline.activation.length],
    [["baseline", "prediction"], baseline.prediction.length],
    [["baseline", "rounding"], baseline.rounding.length],
    [["per_input"], per_input.length],
  ];
  for (const key of ["direct", "total", "indirect"] as const) {
    direct_effect[key].forEach((changes, i) => {
      lists.push([["direct_effect", key, i], changes.length]);
    });
  }
  quantiles.runs.forEach(({ prediction }, i) => {
    lists.push([["quantiles", "runs", i, "prediction"], prediction.length]);
  });
  for (const [name, runs] of Object.entries({ experiments, scaling })) {
    runs.forEach(({ activation, prediction }, i) => {
      lists.push([[name, i, "activation"], activation.length]);
      lists.push([[name, i, "prediction"], prediction.length]);
    });
  }
  for (const [path, length] of lists) {
    requireLength(context, path, length, prompts.length, "prompt");
  }
  prompts.forEach(({ tokens, position }, i) => {
    if (position < tokens.length) return;
    context.addIssue({
      code: "custom",
      path: ["prompts", i, "position"],
      message: `expected less than ${tokens.length}, the number of tokens, received ${position}`,
    });
  });
}

function requireOnePerFactor(result: Keys, context: z.RefinementCtx): void {
  const { scale_factors, scaling } = result;
  for (const key of ["avg_act_changes", "avg_pred_changes", "scaling"] as const) {
    requireLength(context, [key], result[key].length, scale_factors.length, "scale factor");
  }
  scaling.forEach(({ patch: [kind, value] }, i) => {
    if (kind === "scale" && value === scale_factors[i]) return;
    context.addIssue({
      code: "custom",
      path: ["scaling", i, "patch"],
      message: `expected ["scale", ${scale_factors[i]}], received ["${kind}", ${value}]`,
    });
  });
}
