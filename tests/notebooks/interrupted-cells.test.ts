import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundledHead } from "./bundled-head";
import { folderInProject, PROJECT } from "./kernel";

interface Cell {
  readonly source: string;
  /** The cell is interrupted when it has printed this. */
  readonly interruptAt?: string;
}

interface CellRun {
  readonly text: string;
  readonly status: string;
}

const HEAD = `models/${bundledHead()}`;

/** The stop button, on the real kernel. */
describe("work that is interrupted in a notebook", () => {
  let folder: string;
  before(() => {
    folder = folderInProject();
  });
  after(() => rmSync(folder, { recursive: true }));

  async function run(cells: readonly Cell[]): Promise<CellRun[]> {
    const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
    const { environmentPython } = await import("../../scripts/setup/python.mjs");
    const { stdout, stderr, status } = spawnSync(
      environmentPython,
      [join(__dirname, "interrupt_cells.py"), folder],
      { cwd: PROJECT, encoding: "utf8", input: JSON.stringify(cells), env: jupyterEnvironment() },
    );
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  }

  it("stops a sweep, which goes on where it was when the cell is run again", async () => {
    // Small batches, so that there is something to interrupt; it says how much it had to do.
    const sweep = [
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
    ].join("\n");
    const [, , interrupted, again] = await run([
      {
        source: `import { analyzeNeuronSweep, openHead, silentProgress, VARIED_PROMPTS } from "tslens";`,
      },
      { source: `const head = await openHead("${HEAD}");` },
      { source: sweep, interruptAt: "sweeping" },
      { source: sweep },
    ]);
    assert.equal(interrupted.status, "error", JSON.stringify(interrupted));
    assert.doesNotMatch(interrupted.text, /complete true/);
    assert.equal(again.status, "ok", again.text);
    const [, rows] = /complete true rows (\d+)/.exec(again.text) ?? [];
    assert.ok(rows !== undefined, again.text);
    assert.ok(Number(rows) < 640 * 14, `${rows} runs: nothing was kept`);
  });

  it("stops the synchronous part of a cell while a file is written there, and not the kernel", async () => {
    const writing = [
      'const name = temporaryName(".");',
      // What the stop button does, at this moment.
      'process.kill(process.pid, "SIGINT");',
      "for (const end = Date.now() + 1000; Date.now() < end; );",
      "discard(name);",
    ].join("\n");
    const cells = await run([
      { source: 'import { discard, temporaryName } from "tslens/dist/files/temporary";' },
      { source: writing },
      { source: writing },
      { source: 'console.log("alive");' },
    ]);
    assert.equal(cells[0]!.status, "ok", cells[0]!.text);
    assert.deepEqual(
      cells.slice(1).map(({ status }) => status),
      ["error", "error", "ok"],
      JSON.stringify(cells),
    );
    assert.match(cells[3]!.text, /alive/);
  });

  // Each prints "working" when it has begun; all of it takes many seconds.
  const LONG: Record<string, string> = {
    patch: `patch(
      head.model,
      VARIED_PROMPTS,
      Array.from({ length: 5120 }, (_, i) => ({ hook: ["post", 1] as const, index: i % 512, patch: ["set", i] as const })),
      { read: head, maxBytes: 200000, progress: working },
    )`,
    patchHead: `patchHead(
      head,
      Array.from({ length: 3000 }, (_, i) => [i % 500, 7, i % 97]),
      Array.from({ length: 40 }, (_, i) => ["set", i] as const),
      { progress: working },
    )`,
    ablate: `ablate(
      head.model,
      VARIED_PROMPTS,
      Array.from({ length: 5120 }, (_, i) => ({ hook: ["post", 1] as const, index: i % 512 })),
      { read: head, maxBytes: 200000, kind: "mean", progress: working },
    )`,
    "the second notebook's analysis": `analyzeActivationPatching(head, VARIED_PROMPTS, {
      progress: working,
      controls: { heads: 400 },
    })`,
    "the first notebook's analysis": `(setTimeout(() => console.log("working"), 10), analyzeLinearWeights(head, { randomVectors: 5000 }))`,
    "training a head": `trainHead(head.model, {
      layer: 1,
      neuron: 3,
      hiddenDim: 64,
      gradient: { epochs: 2000, patience: 2000 },
      out: "trained",
      progress: ({ label }) => (label === "Training" ? working : silentProgress),
    })`,
  };

  it("stops every long function", async () => {
    const names = Object.keys(LONG);
    const cells = await run([
      {
        source: [
          `import { ablate, analyzeActivationPatching, analyzeLinearWeights, openHead, patch, patchHead, silentProgress, trainHead, VARIED_PROMPTS } from "tslens";`,
        ].join("\n"),
      },
      {
        source: [
          `const head = await openHead("${HEAD}");`,
          // A cell that assigns to another cell's variable changes it for later cells only.
          'const state = { said: false, end: "" };',
          "const working = {",
          "  ...silentProgress,",
          "  update: () => {",
          '    if (!state.said) console.log("working");',
          "    state.said = true;",
          "  },",
          "};",
        ].join("\n"),
      },
      ...names.flatMap((name): Cell[] => [
        {
          source: [
            // What a cell does before its first await the kernel stops by itself.
            "await new Promise((done) => setTimeout(done, 10));",
            "state.said = false;",
            'state.end = "still running";',
            `const work${names.indexOf(name)} = ${LONG[name]};`,
            `work${names.indexOf(name)}.then(() => { state.end = "finished"; }, (error) => { state.end = error.name; });`,
            `await work${names.indexOf(name)};`,
          ].join("\n"),
          interruptAt: "working",
        },
        // The longest time between two breaths; by itself each would still work.
        {
          source:
            'for (let i = 0; i < 50 && state.end === "still running"; i++) await new Promise((done) => setTimeout(done, 100));\nconsole.log(state.end);',
        },
      ]),
    ]);
    const [imported, opened, ...rest] = cells;
    assert.equal(imported.status, "ok", imported.text);
    assert.equal(opened.status, "ok", opened.text);
    names.forEach((name, i) => {
      const [interrupted, after] = rest.slice(2 * i, 2 * i + 2);
      assert.equal(interrupted.status, "error", `${name}: ${interrupted.text}`);
      assert.equal(after.text.trim(), "InterruptedError", `${name}: ${interrupted.text}`);
    });
    const trained = join(folder, "trained");
    assert.deepEqual(existsSync(trained) ? readdirSync(trained) : [], []);
  });
});
