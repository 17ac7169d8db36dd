import { z } from "zod";
import { numberOrNull, type ResultOf } from "./schema-parts";

export const cosineSchema = z.number().min(-1).max(1).nullable();
export const probabilitySchema = z.number().min(0).max(1).nullable();
export const reasonSchema = z
  .string()
  .min(1)
  .nullable()
  .describe("Why numbers beside it are null; null where they exist.");

/** A statistic under a null hypothesis: what chance does, and how often as much as was observed. */
export const empiricalNullSchema = z.strictObject({
  mean: numberOrNull,
  std: z.number().min(0).nullable(),
  p5: numberOrNull,
  p95: numberOrNull,
  min: numberOrNull,
  max: numberOrNull,
  n: z.int().min(0).describe("How many draws."),
  p_value: probabilitySchema.describe(
    "Two-sided: share of draws of at least the observed magnitude, the observed one among them.",
  ),
  reason: reasonSchema,
});
export type NullDistribution = ResultOf<typeof empiricalNullSchema>;

/** A value's place among others of its kind, by magnitude. */
export const rankSchema = z.strictObject({
  rank: z.int().min(1).nullable().describe("1 is the largest magnitude."),
  of: z.int().min(0).describe("How many are ranked."),
  percentile: z.number().min(0).max(100).nullable().describe("Share of the others below it, in %."),
  p_value: probabilitySchema.describe("rank / of."),
  reason: reasonSchema,
});
export type Rank = ResultOf<typeof rankSchema>;

/** A number with its uncertainty over the prompts that one might have taken instead. */
export const intervalSchema = z.strictObject({
  estimate: numberOrNull,
  low: numberOrNull,
  high: numberOrNull,
  confidence: z
    .number()
    .describe(
      "Share of such intervals that hold the value of all prompts, as docs/results.md simulates.",
    ),
  method: z
    .string()
    .min(1)
    .nullable()
    .describe("How the interval was made, see docs/results.md; null where there is none."),
  n: z
    .int()
    .min(0)
    .describe("Different prompts: those that are the same up to the measured token are one."),
  resamples: z
    .int()
    .min(0)
    .describe("How often the statistic was computed again, a prompt left out."),
  usable: z.int().min(0).describe("In how many resamples the statistic existed."),
  reason: reasonSchema,
});
export type Interval = ResultOf<typeof intervalSchema>;

/** One test: what was claimed, against which null, and its p-value beside those read with it. */
export const testedClaimSchema = z.strictObject({
  claim: z.string().min(1).describe("The number that the test is about."),
  estimate: numberOrNull,
  null_hypothesis: z
    .string()
    .min(1)
    .describe("What the number would come from if there was nothing."),
  p_value: probabilitySchema,
  holm: probabilitySchema.describe("Adjusted by Holm's method over the tests of its family."),
  benjamini_hochberg: probabilitySchema.describe("Adjusted by Benjamini and Hochberg's method."),
  family: z.string().min(1).describe("Tests that are read together and adjusted for one another."),
  reason: reasonSchema,
});
export type TestedClaim = ResultOf<typeof testedClaimSchema>;

/** A prompt as it was run. */
export const promptSchema = z.strictObject({
  text: z.string().nullable().describe("Null when token ids were given."),
  tokens: z.array(z.int().min(0)).min(1).describe("The token ids that were run."),
  position: z
    .int()
    .min(0)
    .describe("Index of the token at which activation and prediction are read."),
});
export type RunPrompt = ResultOf<typeof promptSchema>;
