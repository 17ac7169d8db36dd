import { SCHEMA_VERSION } from "../../src/results/schema-version";
import type { StudyJson } from "../../src/study/study-json";
import { type StudyRow, studyRowSchema } from "../../src/study/study-row";

/** A row of a table, as the schema has it; what is not given is a head that reads a correlate. */
export function exampleRow(given: Partial<StudyRow> = {}): StudyRow {
  const row = {
    ...{ model_dir: "models/neuron_l2_n5_20260101_120000", base_model: "tiny-gpt2" },
    ...{ layer_type: "mlp_out", target_layer: 2, target_neuron: 5, head_type: "regression" },
    ...{ feature_layer: -1, r: 0.9, r2_test: 0.8, observational_slope: 0.8, causal_slope: 0.1 },
    ...{ causal_share: 0.125, causal_share_low: 0.1, causal_share_high: 0.15 },
    ...{ input_share: 0.2, input_share_low: 0.1, input_share_high: 0.3 },
    ...{ rank: 2, rank_of: 128, p_value: 2 / 128, p_adjusted: 0.03 },
    ...{ cosine: 0.5, cosine_of: "basis_vector", cosine_percentile: 99 },
    verdict: "reads a correlate",
    ...given,
  };
  return studyRowSchema.parse(row) as StudyRow;
}

/** As many heads as there are shares: of layers 0 to 2 in turn, and of growing predictability. */
export function exampleRows(shares: readonly (number | null)[]): StudyRow[] {
  return shares.map((share, i) =>
    exampleRow({
      model_dir: `models/${i % 2 === 0 ? "usual" : "strong"}/neuron_l${i % 3}_n${i}_20260101_120000`,
      ...{ target_layer: i % 3, target_neuron: i, r: (i + 1) / (shares.length + 1) },
      causal_share: share,
      causal_share_low: share === null ? null : share - 0.1,
      causal_share_high: share === null ? null : share + 0.1,
      verdict:
        share === null
          ? "cannot be tested this way"
          : share >= 0.6
            ? "reads the neuron"
            : "reads a correlate",
      ridge_penalty: i % 2 === 0 ? 1 : 100,
    }),
  );
}

/** A study of these heads, one of which failed. */
export function exampleStudy(heads: readonly StudyRow[]): StudyJson {
  const sha256 = "0".repeat(64);
  return {
    schema_version: SCHEMA_VERSION,
    timestamp: "2026-01-01T12:00:00Z",
    heads,
    failed: [{ model_dir: "models/broken", reason: "config.json: this is no JSON <b>" }],
    settings: ["ridge_penalty"],
    results: Object.fromEntries(
      heads.map(({ model_dir, target_layer, target_neuron }) => [
        model_dir,
        { file: `audit_${target_layer}_${target_neuron}.json`, job: sha256, head_sha256: sha256 },
      ]),
    ),
    provenance: { tslens: "0.1.0", seed: 0, prepend_bos: false, texts: null, base_models: {} },
  };
}
