import { z } from "zod";
import type { ActivationPatchingResult } from "./activation-patching-result";
import { promptSchema, reasonSchema } from "./evidence-parts";
import {
  controlsSchema,
  directEffectSchema,
  quantileExperimentSchema,
  slopeEvidenceSchema,
} from "./patching-evidence";
import {
  headKeys,
  numberOrNull,
  patchedRunSchema,
  provenanceSchema,
  requireLength,
  requireSame,
  schemaVersionKey,
  timestampKey,
} from "./schema-parts";

const numbers = z.array(z.number());
const correlation = z.number().min(-1).max(1).nullable();

const keys = z.strictObject({
  ...headKeys,
  baseline_correlation: correlation,
  slope: numberOrNull,
  intercept: numberOrNull,
  r_squared: numberOrNull,
  scale_factors: numbers,
  avg_act_changes: numbers,
  avg_pred_changes: numbers,
  timestamp: timestampKey,
  schema_version: schemaVersionKey,
  layer_type: z.string().min(1),
  hook: z.string().min(1),
  prompts: z.array(promptSchema).min(1),
  baseline: z.strictObject({
    activation: numbers,
    prediction: numbers,
    rounding: z
      .array(z.number().min(0))
      .describe("[prompt] by how much a prediction may be off by rounding alone."),
    correlation,
  }),
  experiments: z.array(patchedRunSchema),
  scaling: z.array(patchedRunSchema),
  regression: z.strictObject({
    slope: numberOrNull,
    intercept: numberOrNull,
    r_squared: numberOrNull,
    reason: reasonSchema,
  }),
  per_input: z.array(
    z.strictObject({
      slope: numberOrNull,
      intercept: numberOrNull,
      r2: numberOrNull,
      reason: reasonSchema,
    }),
  ),
  evidence: slopeEvidenceSchema,
  direct_effect: directEffectSchema,
  quantiles: quantileExperimentSchema,
  controls: controlsSchema,
  warnings: z.array(z.string()),
  provenance: provenanceSchema,
});

type Keys = z.infer<typeof keys>;

/** The keys of an {@link ActivationPatchingResult}, and what must agree between them. */
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
