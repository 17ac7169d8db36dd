import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { writeStudy } from "../../src/study/study-files";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { pythonWith } from "../python-with";
import { exampleRows, exampleStudy } from "./example-rows";

const SCRIPT = `
import json, pandas, sys
folder = sys.argv[1]
study = pandas.DataFrame(json.load(open(folder + "/study.json"))["heads"])
tables = [pandas.read_csv(folder + "/study.csv"), study, pandas.read_parquet(folder + "/study.parquet")]
print(json.dumps([
    [list(t.columns), t.groupby("target_layer").causal_share.median().tolist(), int(t.causal_share.isna().sum())]
    for t in tables
]))`;

const folder = temporaryFolder();

it("pandas reads study.csv, study.json and study.parquet as the same table", async (t) => {
  const python = pythonWith("pandas", "pyarrow");
  if (!python) return t.skip("no Python with pandas and pyarrow");
  const rows = exampleRows([0.9, 0.1, null, 0.7, -0.2, 25]);
  await writeStudy(folder, exampleStudy(rows));
  const tables = JSON.parse(
    execFileSync(python, ["-c", SCRIPT, join(folder)], { encoding: "utf8" }),
  );
  // Layers in turn: 0.9 and 0.7; 0.1 and −0.2; 25 alone, since the other has none.
  const expected = [Object.keys(rows[0]), [0.8, -0.05, 25], 1];
  assert.deepEqual(tables, [expected, expected, expected]);
});
