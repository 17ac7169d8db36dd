import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { barLine, lastLine } from "../../src/progress/bar-line";
import { silentProgress } from "../../src/progress/progress";
import { progressBar } from "../../src/progress/progress-bar";
import { progressOn } from "../../src/progress/progress-on";
import { terminalBar } from "../../src/progress/terminal-bar";
import { inFakeKernel } from "../display/fake-kernel";

test("a bar is one line", () => {
  assert.equal(barLine("Patching", 0, 4, ""), `Patching ${"░".repeat(24)} 0 of 4`);
  assert.equal(
    barLine("Patching", 1, 4, "×0.5"),
    `Patching ${"█".repeat(6)}${"░".repeat(18)} 1 of 4 · ×0.5`,
  );
  assert.equal(barLine("Patching", 9, 4, ""), `Patching ${"█".repeat(24)} 9 of 4`);
  assert.equal(barLine("Nothing", 0, 0, ""), `Nothing ${"█".repeat(24)} 0 of 0`);
});

test("the line that stays says what was done, and where it stopped", () => {
  assert.equal(lastLine("Patching", 4, 4, 1.26, ""), "Patching: 4 in 1.3 s");
  assert.equal(
    lastLine("Patching", 1, 4, 1.26, "no memory"),
    "Patching: stopped at 1 of 4 after 1.3 s · no memory",
  );
});

test("in a notebook one output is updated in place, at most ten times a second", async () => {
  const outputs = await inFakeKernel(async () => {
    const bar = progressBar({ label: "Patching", total: 5000 });
    for (let i = 1; i <= 5000; i++) {
      bar.update(i);
      await bar.breathe();
    }
    bar.done();
    bar.update(1);
    bar.done();
  });
  assert.equal(new Set(outputs.map(({ transient }) => transient.display_id)).size, 1);
  assert.deepEqual(
    outputs.map(({ update }) => update),
    [false, ...Array(outputs.length - 1).fill(true)],
  );
  assert.match(String(outputs[0]!.data["text/plain"]), /^Patching ░+ 0 of 5000$/);
  assert.match(String(outputs.at(-1)!.data["text/plain"]), /^Patching: 5000 in \d+\.\d s$/);
  // 5,000 updates take far less than a second; a slow machine may draw a few of them.
  assert.ok(outputs.length < 50, `${outputs.length} messages`);
});

test("two bars are two outputs", async () => {
  const outputs = await inFakeKernel(() => {
    progressBar({ label: "One", total: 1 }).done();
    progressBar({ label: "Two", total: 1 }).done();
  });
  assert.equal(new Set(outputs.map(({ transient }) => transient.display_id)).size, 2);
});

test("breathe lets other work run when a tenth of a second has passed", async () => {
  const bar = progressOn({ draw() {}, finish() {} }, "Busy", 1);
  let hadTurn = false;
  setImmediate(() => {
    hadTurn = true;
  });
  await bar.breathe();
  assert.equal(hadTurn, false);
  const end = performance.now() + 120;
  while (performance.now() < end);
  await bar.breathe();
  assert.equal(hadTurn, true);
});

test("report is update and breathe as one callback", async () => {
  const drawn: number[] = [];
  const bar = progressOn({ draw: (done) => drawn.push(done), finish() {} }, "Busy", 2);
  const { report } = bar;
  await report(1, 2);
  await report(2, 2);
  assert.deepEqual(drawn, [1, 2]);
});

test("in a terminal the bar is drawn on the stream given and replaced by the last line", async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let written = "";
  stream.on("data", (chunk) => {
    written += chunk;
  });
  // What cli-progress calls on a terminal.
  const terminal = Object.assign(stream, {
    cursorTo() {},
    moveCursor() {},
    clearLine() {},
    clearScreenDown() {},
  }) as unknown as NodeJS.WriteStream;
  const bar = terminalBar("Patching", 3, terminal);
  bar.update(2, "×0.5");
  bar.done();
  await new Promise(setImmediate);
  assert.match(written, /Patching ░+ 0 of 3/);
  assert.match(written, /Patching: stopped at 2 of 3 after \d\.\d s\n$/);
});

test("where nobody watches, nothing happens", async (t) => {
  if (process.stderr.isTTY) return t.skip("stderr is a terminal here");
  assert.equal(progressBar({ label: "Quiet", total: 1 }), silentProgress);
  silentProgress.update(1);
  await silentProgress.breathe();
  await silentProgress.report(1, 1);
  silentProgress.done();
});

test("in a real terminal: one line that moves, then one that stays", async (t) => {
  if (process.platform === "win32") return t.skip("no pseudo-terminals on Windows");
  const { environmentPython } = await import("../../scripts/setup/python.mjs");
  const program = join(__dirname, "counting.ts");
  const inTerminal = `import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))`;
  const { stdout, error } = spawnSync(
    environmentPython,
    ["-c", inTerminal, process.execPath, "--import", "tsx", program],
    { encoding: "utf8", env: { ...process.env, TERM: "xterm-256color", CI: undefined } },
  );
  if (error) return t.skip(`no Python with a pseudo-terminal here: ${error.message}`);
  assert.match(stdout, /Counting [█░]{24} [1-9]\d* of 30/);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  assert.match(last, /Counting: 30 in \d+\.\d s$/);
  assert.equal(stdout.trimEnd().split("\n").length, 1, JSON.stringify(stdout));
});
