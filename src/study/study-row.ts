import { z } from "zod";
import { VERDICTS } from "../experiments/audit/result";
import { numberOrNull, type ResultOf } from "../results/schema-parts";

/** A training setting, as `config.json` or `training_metrics.json` has it. */
const setting = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const columns = z.object({
  model_dir: z.string().min(1).describe("The head, as it was given."),
  base_model: z.string().min(1).describe("The base model, as the head or --base names it."),
  layer_type: z.string().min(1).describe("Which activation the head predicts."),
  target_layer: z.int().min(0),
  target_neuron: z.int().min(0),
  head_type: z.string().min(1),
  feature_layer: z.int().describe("The block whose resid_post is read; −1 is the last."),
  r: numberOrNull.describe("Correlation of prediction and activation on held-out texts."),
  r2_test: numberOrNull.describe("R² on the test texts of its training, as that says."),
  observational_slope: numberOrNull,
  causal_slope: numberOrNull,
  causal_share: numberOrNull,
  causal_share_low: numberOrNull.describe("End of the 95% interval over texts."),
  causal_share_high: numberOrNull,
  input_share: numberOrNull,
  input_share_low: numberOrNull,
  input_share_high: numberOrNull,
  rank: numberOrNull.describe("The target's among the neurons of its activation."),
  rank_of: z.int().min(0),
  p_value: numberOrNull.describe("rank / rank_of"),
  p_adjusted: numberOrNull.describe("By Benjamini and Hochberg, over all heads of the study."),
  cosine: numberOrNull.describe("Of the linear weights with the vector that the target is."),
  cosine_of: z.string().nullable().describe("Which vector that is."),
  cosine_percentile: numberOrNull.describe("Its place among the layer's others, in per cent."),
  verdict: z.enum(VERDICTS),
});

/**
 * A head in a study's table: the columns of `study.csv`, in this order, then training settings that are not
 * the same for all heads. Tables, page and notebook are made of nothing else.
 */
export const studyRowSchema = columns.catchall(setting);

export type Setting = z.infer<typeof setting>;

/** The columns that every study has. */
export type StudyColumns = ResultOf<typeof columns>;

export type StudyRow = StudyColumns & { readonly [setting: string]: Setting };

export const STUDY_COLUMNS: readonly string[] = Object.keys(columns.shape);
