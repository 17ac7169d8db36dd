import { benjaminiHochberg } from "../stats/benjamini-hochberg";
import type { StudiedResult } from "./done-result";
import type { NamedHead } from "./result-names";
import { STUDY_COLUMNS, type StudyColumns, type StudyRow } from "./study-row";
import { differingSettings, trainingSettings } from "./training-settings";

/** A head with what a table says of its result. */
export interface StudiedHead extends TableHead {
  readonly head: NamedHead;
}

/** What a row of the table is made of. */
export interface TableHead {
  readonly head: Pick<NamedHead, "modelDir" | "config" | "metrics"> & {
    readonly job: { readonly base: { readonly name: string } };
  };
  readonly result: TableNumbers;
}

/** What a table needs of a result; of hundreds, no more is kept. */
export type TableNumbers = Omit<
  StudyColumns,
  "model_dir" | "base_model" | "r2_test" | "p_adjusted" | "feature_layer"
>;

type StudiedCosine = Pick<StudiedResult["study"], "cosine" | "cosine_of" | "cosine_percentile">;

export function tableNumbers(
  result: Omit<StudiedResult, "study"> & { readonly study: StudiedCosine },
): TableNumbers {
  const { causal_share, input_share, specificity, study } = result;
  return {
    layer_type: result.layer_type,
    target_layer: result.target_layer,
    target_neuron: result.target_neuron,
    head_type: result.head_type,
    r: result.prediction.r.estimate,
    observational_slope: result.observational_slope.estimate,
    causal_slope: result.causal_slope.estimate,
    causal_share: causal_share.estimate,
    causal_share_low: causal_share.low,
    causal_share_high: causal_share.high,
    input_share: input_share.estimate,
    input_share_low: input_share.low,
    input_share_high: input_share.high,
    rank: specificity.rank,
    rank_of: specificity.of,
    p_value: specificity.p_value,
    cosine: study.cosine,
    cosine_of: study.cosine_of,
    cosine_percentile: study.cosine_percentile,
    verdict: result.verdict,
  };
}

/** The rows of a study's table, by layer, neuron and folder. */
export function studyRows<Head extends TableHead>(heads: readonly Head[]): StudyRow[] {
  const sorted = [...heads].sort(
    ({ head: a, result: x }, { head: b, result: y }) =>
      x.target_layer - y.target_layer ||
      x.target_neuron - y.target_neuron ||
      (a.modelDir < b.modelDir ? -1 : 1),
  );
  const adjusted = benjaminiHochberg(sorted.map(({ result }) => result.p_value));
  const settings = sorted.map(({ head }) => trainingSettings(head.config.raw, head.metrics));
  const differing = differingSettings(settings);
  return sorted.map(({ head, result }, i) => {
    const row: Record<string, unknown> = {
      ...result,
      model_dir: head.modelDir,
      base_model: head.job.base.name,
      feature_layer: head.config.featureLayer,
      r2_test: testR2(head.metrics),
      p_adjusted: adjusted[i],
    };
    const columns = STUDY_COLUMNS.map((name) => [name, row[name]]);
    const more = differing.map((name) => [columnOf(name), settings[i].get(name) ?? null]);
    return Object.fromEntries([...columns, ...more]) as StudyRow;
  });
}

/** A setting that is called like a column. */
function columnOf(setting: string): string {
  return STUDY_COLUMNS.includes(setting) ? `setting_${setting}` : setting;
}

/** As tslens writes it, or scikit-learn's name for it. */
function testR2(metrics: unknown): number | null {
  const { test_metrics } = (metrics ?? {}) as { test_metrics?: Record<string, unknown> };
  const found = test_metrics?.r2 ?? test_metrics?.r2_score;
  return Number.isFinite(found) ? (found as number) : null;
}
