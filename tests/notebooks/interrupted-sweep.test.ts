import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundledHead } from "./bundled-head";
import { folderInProject, PROJECT } from "./kernel";

interface CellRun {
  readonly text: string;
  readonly status: string;
}

/** The stop button, on the real kernel. */
describe("a sweep that is interrupted in a notebook", () => {
  let folder: string;
  before(() => {
    folder = folderInProject();
  });
  after(() => rmSync(folder, { recursive: true }));

  it("stops, and goes on where it was when the cell is run again", async () => {
    const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
    const { environmentPython } = await import("../../scripts/setup/python.mjs");
    const cells = [
      `import { analyzeNeuronSweep, openHead, silentProgress, VARIED_PROMPTS } from "tslens";`,
      `const head = await openHead("models/${bundledHead()}");`,
      // Small batches, so that there is something to interrupt; it says how much it had to do.
      [
        "let first = 0;",
        "let latest = 0;",
        "const progress = {",
        "  ...silentProgress,",
        "  update: (done: number) => {",
        '    if (first === 0) console.log("sweeping");',
        "    if (first === 0) first = done;",
        "    latest = done;",
        "  },",
        "};",
        "const result = await analyzeNeuronSweep(head, VARIED_PROMPTS, { progress: progress, maxBytes: 3000000 });",
        'console.log("complete", result.is_complete, "rows", latest);',
      ].join("\n"),
    ];
    const { stdout, stderr, status } = spawnSync(
      environmentPython,
      [join(__dirname, "interrupt_cell.py"), folder],
      { cwd: PROJECT, encoding: "utf8", input: JSON.stringify(cells), env: jupyterEnvironment() },
    );
    assert.equal(status, 0, stderr);
    const [, , interrupted, again] = JSON.parse(stdout) as CellRun[];
    assert.equal(interrupted.status, "error", JSON.stringify(interrupted));
    assert.doesNotMatch(interrupted.text, /complete true/);
    assert.equal(again.status, "ok", again.text);
    const [, rows] = /complete true rows (\d+)/.exec(again.text) ?? [];
    assert.ok(rows !== undefined, again.text);
    assert.ok(Number(rows) < 640 * 14, `${rows} runs: nothing was kept`);
  });
});
