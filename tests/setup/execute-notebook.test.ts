import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  test("takes the first name that no other head's copy has, and says whose it is", async () => {
    const copies = join(folder, "executed");
    const names = ["named", "named__run", "named__run__0123"];
    const ran = async (head: string, text: string) => {
      await execute("named", [`console.log("${text}")`], [head, ...names]);
      return Object.fromEntries(
        names.flatMap((name) => {
          const file = join(copies, `${name}.ipynb`);
          if (!existsSync(file)) return [];
          const { metadata, cells } = JSON.parse(readFileSync(file, "utf8"));
          assert.equal(metadata.tslens?.notebook, "named");
          assert.ok(existsSync(join(copies, `${name}.html`)));
          return [[name, [metadata.tslens.model_path, cells[0].outputs[0].text.join("").trim()]]];
        }),
      );
    };
    assert.deepEqual(await ran("models/run", "1"), { named: ["models/run", "1"] });
    assert.deepEqual(await ran("models/run", "2"), { named: ["models/run", "2"] });
    const two = { named: ["models/run", "2"], named__run: ["there/run", "3"] };
    assert.deepEqual(await ran("there/run", "3"), two);
    const three = { ...two, named__run__0123: ["third/run", "4"] };
    assert.deepEqual(await ran("third/run", "4"), three);
    assert.deepEqual(await ran("there/run", "5"), { ...three, named__run: ["there/run", "5"] });
  });

  test("keeps a copy that does not say whose it is", async () => {
    const copies = join(folder, "executed");
    const names = ["kept", "kept__run"];
    for (const content of ["{}", "no notebook", '{"metadata": {"tslens": [1]}}']) {
      writeFileSync(join(copies, "kept.ipynb"), content);
      await execute("kept", ["1 + 1"], ["models/run", ...names], "kept__run");
      assert.equal(readFileSync(join(copies, "kept.ipynb"), "utf8"), content);
      assert.ok(!existsSync(join(copies, "kept.html")));
    }
  });

  async function execute(
    name: string,
    sources: readonly string[],
    head: readonly string[] = [],
    copy = name,
  ) {
    const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
    const { environmentPython } = await import("../../scripts/setup/python.mjs");
    const source = join(folder, `${name}.ipynb`);
    const before = JSON.stringify(notebookOf(sources));
    writeFileSync(source, before);
    const { status, stdout } = spawnSync(
      environmentPython,
      [
        join(__dirname, "../../scripts/execute_notebook.py"),
        ...[source, join(folder, "executed"), ...head],
      ],
      { encoding: "utf8", env: jupyterEnvironment() },
    );
    const executed = JSON.parse(readFileSync(join(folder, "executed", `${copy}.ipynb`), "utf8"));
    assert.ok(readFileSync(join(folder, "executed", `${copy}.html`), "utf8").includes("<html"));
    return { status, stdout, source, before, executed };
  }
});
