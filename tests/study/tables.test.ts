import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import { parquetReadObjects } from "hyparquet";
import { schemaFile, schemaText } from "../../scripts/write-schemas";
import { ResultError } from "../../src/errors";
import { SCHEMA_VERSION } from "../../src/results/schema-version";
import { csvText, writeStudy } from "../../src/study/study-files";
import { parquetBytes } from "../../src/study/study-parquet";
import { StudyProgress } from "../../src/study/study-progress";
import { STUDY_COLUMNS, type StudyRow } from "../../src/study/study-row";
import { differingSettings, trainingSettings } from "../../src/study/training-settings";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { exampleRow, exampleRows, exampleStudy } from "./example-rows";

const ROW: StudyRow = {
  ...{ model_dir: 'a, "b"/ä', base_model: "gpt2", layer_type: "mlp_out", target_layer: 8 },
  ...{ target_neuron: 481, head_type: "regression", feature_layer: -1, r: 0.9, r2_test: null },
  ...{ observational_slope: 1, causal_slope: 0.5, causal_share: 0.5, causal_share_low: 0.4 },
  ...{ causal_share_high: 0.6, input_share: null, input_share_low: null, input_share_high: null },
  ...{ rank: 1, rank_of: 512, p_value: 1 / 512, p_adjusted: 1 / 512, cosine: 0.3 },
  ...{ cosine_of: "basis_vector", cosine_percentile: 99.5, verdict: "undecided" },
};

describe("a study's tables", () => {
  // The columns and their order are a contract with whoever reads the file.
  it("have the columns that they promise", () => {
    assert.equal(
      STUDY_COLUMNS.join(),
      "model_dir,base_model,layer_type,target_layer,target_neuron,head_type,feature_layer,r,r2_test,observational_slope,causal_slope,causal_share,causal_share_low,causal_share_high,input_share,input_share_low,input_share_high,rank,rank_of,p_value,p_adjusted,cosine,cosine_of,cosine_percentile,verdict",
    );
    assert.deepEqual(Object.keys(ROW), STUDY_COLUMNS);
  });

  it("are CSV as RFC 4180 has it, empty where a number does not exist", () => {
    const text = csvText([ROW], ["model_dir", "r", "r2_test", "verdict"]);
    assert.equal(text, 'model_dir,r,r2_test,verdict\n"a, ""b""/ä",0.9,,undecided\n');
  });

  it("are Parquet with the same values", async () => {
    const columns = [...STUDY_COLUMNS, "hidden_dim", "activation"];
    const rows: StudyRow[] = [
      { ...ROW, hidden_dim: null, activation: "gelu" },
      { ...ROW, r: null, verdict: "reads the neuron", hidden_dim: 64, activation: null },
    ];
    const bytes = await parquetBytes(rows, columns);
    const { buffer } = Uint8Array.from(bytes);
    const read = await parquetReadObjects({ file: buffer });
    assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(rows)));
    assert.deepEqual(await parquetBytes(rows, columns), bytes, "the same bytes each time");
  });
});

describe("study.json", () => {
  const folder = temporaryFolder();

  it("is what its published schema says, by ajv (npm run schemas writes it)", async () => {
    assert.equal(readFileSync(schemaFile("study"), "utf8"), schemaText("study"));
    await writeStudy(folder, exampleStudy(exampleRows([0.9, null, 0.1])));
    const study: object = JSON.parse(readFileSync(join(folder, "study.json"), "utf8"));
    const check: ValidateFunction = new Ajv2020({ validateFormats: false }).compile(
      JSON.parse(schemaText("study")),
    );
    assert.ok(check(study), JSON.stringify(check.errors));
    assert.equal((study as { schema_version: string }).schema_version, SCHEMA_VERSION);
    for (const change of [{ schema_version: "1.0" }, { heads: [{}] }, { surplus: 1 }]) {
      assert.ok(!check({ ...study, ...change }), JSON.stringify(change));
    }
  });

  it("with a number that is none is not written, nor is any other table", async () => {
    const study = exampleStudy([{ ...exampleRow(), ridge_penalty: Number.NaN }]);
    const out = join(folder, "none");
    mkdirSync(out);
    await assert.rejects(
      writeStudy(out, study),
      (error) => error instanceof ResultError && /heads\[0\]\.ridge_penalty/.test(error.message),
    );
    assert.deepEqual(readdirSync(out), []);
  });
});

describe("training settings", () => {
  it("are single values that were not measured, those that differ", () => {
    const config = (hidden_dim: number | null) => ({
      ...{ target_layer: 1, base_model_name: "gpt2", activation_mean: Math.random() },
      head_config: { hidden_dim, dropout: 0.1, class_name: "RegressionHead" },
    });
    const metrics = (penalty: number) => ({
      ...{ train_loss: [1, 2], best_val_loss: 0.1, train_time: 3, best_epoch: 4 },
      ...{ test_metrics: { r2: 0.5 }, ridge: { penalty, cross_validation: [] }, seed: 0 },
      settings: { hiddenDim: 7, weightDecay: penalty / 2 },
    });
    const all = [
      trainingSettings(config(null), metrics(1)),
      trainingSettings(config(64), metrics(2)),
    ];
    assert.deepEqual(
      [...all[1]],
      [
        ["hidden_dim", 64],
        ["dropout", 0.1],
        ["ridge_penalty", 2],
        ["seed", 0],
        ["weight_decay", 1],
      ],
    );
    assert.deepEqual(differingSettings(all), ["hidden_dim", "ridge_penalty", "weight_decay"]);
    assert.deepEqual([...trainingSettings(null, undefined)], []);
    // What JSON can say and a table cannot.
    const odd = JSON.parse('{"penalty": 1e999, "__proto__": 1, "seed": -1e999}');
    assert.deepEqual(
      [...trainingSettings(odd, null)],
      [
        ["penalty", null],
        ["seed", null],
      ],
    );
  });
});

describe("a study's progress", () => {
  it("says rate, time left and failures so far", () => {
    const progress = new StudyProgress(100, 20);
    const shown: unknown[] = [];
    const bar = { update: (...all: unknown[]) => shown.push(all) } as never;
    progress.show(bar);
    assert.deepEqual(shown, [[20, ""]]);
    for (let i = 0; i < 9; i++) progress.done();
    progress.failed();
    assert.match(
      progress.text(performance.now() + 5_000),
      /^2\.0 heads\/s, 3[56] s left, 1 failed$/,
    );
    progress.show(bar);
    assert.equal((shown.at(-1) as [number])[0], 30);
  });
});
