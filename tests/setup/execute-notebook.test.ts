import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { notebookOf } from "../notebooks/kernel";

describe("executing a notebook on the tslab kernel", () => {
  const folder = mkdtempSync(join(tmpdir(), "tslens-notebook-"));
  after(() => rmSync(folder, { recursive: true }));

  test("leaves an executed copy and a page, and the notebook as it was", async () => {
    const { status, source, before, executed } = await execute("works", ["console.log(6 * 7)"]);
    assert.equal(status, 0);
    assert.equal(readFileSync(source, "utf8"), before);
    assert.equal(executed.cells[0].outputs[0].text.join(""), "42\n");
  });

  test("fails at the first cell that throws, and shows its code and its error", async () => {
    const { status, stdout } = await execute("throws", [
      "const x = 1;",
      "throw new Error('no such neuron');",
      "console.log('never reached');",
    ]);
    assert.equal(status, 1);
    assert.match(stdout, /FAILED at cell 2/);
    assert.match(stdout, /\| throw new Error\('no such neuron'\);/);
    assert.match(stdout, /Error: no such neuron/);
  });

  test("fails at an error that is thrown outside the cell's own course", async () => {
    const { status, stdout } = await execute("throws-late", [
      "setTimeout(() => { throw new Error('late'); }, 10);\n" +
        "await new Promise((resolve) => setTimeout(resolve, 500));",
    ]);
    assert.equal(status, 1);
    assert.match(stdout, /FAILED at cell 1[\s\S]*UncaughtException: Error: late/);
  });

  async function execute(name: string, sources: readonly string[]) {
    const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
    const { environmentPython } = await import("../../scripts/setup/python.mjs");
    const source = join(folder, `${name}.ipynb`);
    const before = JSON.stringify(notebookOf(sources));
    writeFileSync(source, before);
    const { status, stdout } = spawnSync(
      environmentPython,
      [join(__dirname, "../../scripts/execute_notebook.py"), source, join(folder, "executed")],
      { encoding: "utf8", env: jupyterEnvironment() },
    );
    const executed = JSON.parse(readFileSync(join(folder, "executed", `${name}.ipynb`), "utf8"));
    assert.ok(readFileSync(join(folder, "executed", `${name}.html`), "utf8").includes("<html"));
    return { status, stdout, source, before, executed };
  }
});
