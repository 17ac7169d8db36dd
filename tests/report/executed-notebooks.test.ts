import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { writeReport } from "../../src/report/write-report";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";

const folder = temporaryFolder();
let folders = 0;

/** A results folder with two heads' results on one neuron, and these notebooks. */
async function pageOf(
  notebooks: Readonly<Record<string, unknown>>,
  heads = ["models/one", "/elsewhere/one"],
): Promise<string> {
  const results = join(folder, String(folders++));
  mkdirSync(join(results, "notebooks"), { recursive: true });
  for (const [i, run] of heads.entries()) {
    put(
      results,
      `activation_patching_1_7${i === 0 ? "" : "__one"}.json`,
      JSON.stringify({ model_path: run, provenance: { head_sha256: `${i}` } }),
    );
  }
  for (const [name, metadata] of Object.entries(notebooks)) {
    put(join(results, "notebooks"), `${name}.html`, "<html>");
    if (metadata !== null) {
      put(join(results, "notebooks"), `${name}.ipynb`, JSON.stringify({ metadata }));
    }
  }
  const { path, notShown } = await writeReport(results);
  assert.deepEqual(notShown, []);
  return readFileSync(path, "utf8");
}

/** As scripts/execute_notebook.py notes it. */
const of = (notebook: string, model_path: string) => ({ tslens: { notebook, model_path } });

/** The links in the section of the n-th head. */
function notebooksOf(page: string, head: number): string[] {
  const section = new RegExp(`<section id="head-${head}">[^]*?</section>`).exec(page)![0];
  const said = /<p>Its notebooks as they ran: (.*)\.<\/p>/.exec(section)?.[1] ?? "";
  return [...said.matchAll(/href="([^"]*)"/g)].map(([, address]) => address!);
}

describe("executed notebooks on the results page", () => {
  it("stand with the head that they ran on", async () => {
    const page = await pageOf({
      activation_patching: of("activation_patching", "models/one"),
      activation_patching__one: of("activation_patching", "/elsewhere/one"),
      linear_weights_analysis: of("linear_weights_analysis", "models/one"),
    });
    assert.deepEqual(
      [notebooksOf(page, 1), notebooksOf(page, 2)].sort(),
      [
        ["notebooks/activation_patching.html", "notebooks/linear_weights_analysis.html"],
        ["notebooks/activation_patching__one.html"],
      ].sort(),
    );
    assert.match(page, />activation_patching<\/a>, <a [^>]*>linear_weights_analysis<\/a>/);
    assert.doesNotMatch(page, /Other notebooks/);
  });

  it("stand with the only head of that name, by whatever path it was given", async () => {
    const page = await pageOf({
      own: of("own", "models/three"),
      linear_weights_analysis: of("linear_weights_analysis", "here/one"),
    });
    assert.deepEqual([...notebooksOf(page, 1), ...notebooksOf(page, 2)], []);
    assert.match(page, />linear_weights_analysis<\/a>: here\/one<\/li>/);
    const alone = await pageOf({ own: of("own", "here/three/final_model") }, ["models/three"]);
    assert.deepEqual(notebooksOf(alone, 1), ["notebooks/own.html"]);
  });

  it("of a head without a result say whose they are, or that they do not say it", async () => {
    const page = await pageOf({
      activation_patching__two: of("activation_patching", "models/two"),
      own: {},
      odd: { tslens: { model_path: { toString: 1 } } },
      list: { tslens: [1] },
      none: null,
    });
    const [others] = /<p>Other notebooks as they ran:<\/p>\n.*/.exec(page)!;
    assert.match(others, /__two\.html">activation_patching<\/a>: models\/two<\/li>/);
    for (const name of ["own", "odd", "list", "none"]) {
      assert.match(others, new RegExp(`>${name}</a>: it does not say of which head</li>`));
    }
  });
});
