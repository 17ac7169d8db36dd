import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundledHead } from "./bundled-head";
import { type CellOutput, folderInProject, PROJECT, runCells, runNotebooks } from "./kernel";

/** A cell that must fail, and what it must say. */
interface BadCell {
  readonly what: string;
  readonly source: string;
  readonly message: RegExp;
}

describe("bad input in a notebook", () => {
  let folder: string;
  let outputs: CellOutput[];
  const cells: BadCell[] = [];

  before(async () => {
    folder = folderInProject();
    const head = join(PROJECT, "models", bundledHead());
    const broken = (name: string, config: string | null) => {
      const copy = join(folder, name);
      cpSync(head, copy, { recursive: true });
      for (const part of ["best_model", "final_model"]) {
        const file = join(copy, part, "config.json");
        if (config === null) rmSync(file);
        else writeFileSync(file, config);
      }
      return name;
    };
    mkdirSync(join(folder, "empty"));
    const load = (dir: string) => `await openHead("${dir}")`;
    const patch = (prompt: string) =>
      `await analyzeActivationPatching(await openHead("models/${bundledHead()}"), [${prompt}])`;
    cells.push(
      {
        what: "no such folder",
        source: load("nowhere"),
        message: /nowhere: there is no such folder/,
      },
      {
        what: "an empty folder",
        source: load("empty"),
        message: /empty: there is no trained head/,
      },
      {
        what: "no config.json",
        source: load(broken("no-config", null)),
        message: /no-config.*config\.json/,
      },
      {
        what: "broken JSON",
        source: load(broken("broken-json", "{ nonsense")),
        message: /broken-json.*config\.json: the file is not JSON/,
      },
      {
        what: "an unknown head type",
        source: load(
          broken(
            "unknown-type",
            '{"head_type": "oracle", "target_layer": 0, "target_neuron": 0, "head_config": {"input_dim": 128}}',
          ),
        ),
        message: /"head_type".*found "oracle", expected "regression"/,
      },
      { what: "an empty prompt", source: patch('""'), message: /prompt 0 is empty/ },
      {
        what: "a prompt longer than the context",
        source: patch('"again ".repeat(500)'),
        message:
          /prompt 0 is longer than the model's context; found \d+ tokens, expected at most 128/,
      },
    );
    outputs = await runCells(
      [
        'import { analyzeActivationPatching, openHead } from "tslens";',
        ...cells.flatMap(({ source }) => [source, 'console.log("alive")']),
      ],
      folder,
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("imports the library without a word", () => {
    assert.deepEqual(outputs[0], { stdout: "", stderr: "" });
  });

  it("is one clear error each, and the next cell runs", () => {
    cells.forEach(({ what, message }, i) => {
      const [failed, next] = outputs.slice(1 + 2 * i, 3 + 2 * i);
      assert.match(failed.stderr, message, what);
      assert.equal(next.stdout.trim(), "alive", `after ${what}`);
    });
  });

  it("ends a notebook's run with exit code 1 and writes no result", () => {
    const results = join(folder, "results");
    const { status, output } = runNotebooks([
      "--model-dir",
      join(folder, "broken-json"),
      "--out",
      results,
      "linear_weights_analysis",
    ]);
    assert.equal(status, 1);
    assert.match(output, /config\.json: the file is not JSON/);
    const written = existsSync(results) ? readdirSync(results) : [];
    assert.deepEqual(
      written.filter((entry) => entry !== "notebooks"),
      [],
    );
  });
});
