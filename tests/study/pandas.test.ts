import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { writeStudy } from "../../src/study/study-files";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { pythonWith } from "../python-with";
import { exampleRows, exampleStudy } from "./example-rows";

const SCRIPT = `
import json, pandas, sys
study = pandas.DataFrame(json.load(open("results/study.json"))["heads"])
tables = [pandas.read_csv("results/study.csv"), study, pandas.read_parquet("results/study.parquet")]
print(json.dumps([
    [list(t.columns), t.groupby("target_layer").causal_share.median().tolist(), int(t.causal_share.isna().sum())]
    for t in tables
]))`;

/** No column of a table is left out. */
const WIDE = `import pandas; pandas.set_option("display.width", 200, "display.max_columns", 20)`;

const DOCS = join(__dirname, "..", "..", "docs");
const python = pythonWith("pandas", "pyarrow");
const skip = python ? false : "no Python with pandas and pyarrow";

describe("a study's tables in pandas", { skip }, () => {
  const folder = temporaryFolder();
  const rows = exampleRows([0.9, 0.1, null, 0.7, -0.2, 25]);
  before(async () => {
    mkdirSync(join(folder, "results"));
    await writeStudy(join(folder, "results"), exampleStudy(rows));
  });
  const run = (code: string) =>
    execFileSync(python!, ["-c", code], { encoding: "utf8", cwd: folder });

  it("study.csv, study.json and study.parquet are read as the same table", () => {
    // Layers in turn: 0.9 and 0.7; 0.1 and −0.2; 25 alone, since the other has none.
    const expected = [Object.keys(rows[0]), [0.8, -0.05, 25], 1];
    assert.deepEqual(JSON.parse(run(SCRIPT)), [expected, expected, expected]);
  });

  // Number, mean and median of all five shares; the median of each layer.
  for (const [page, expected] of [
    ["study.md", /mlp_out +5\.0 +5\.3 .* 0\.7 /],
    ["compare-heads.md", /\n0 +0\.80\n1 +-0\.05\n2 +25\.00\n/],
  ] as const) {
    it(`the Python in docs/${page} reads them`, () => {
      const [, code] = /```python\n([\s\S]*?)```/.exec(readFileSync(join(DOCS, page), "utf8"))!;
      const lines = code.trim().split("\n");
      const last = lines.pop();
      const said = run([WIDE, ...lines, `print(${last})`].join("\n"));
      assert.match(said, expected);
    });
  }
});
