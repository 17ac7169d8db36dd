import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundledHead } from "../notebooks/bundled-head";
import { MAIN } from "./run";

const PROJECT = join(__dirname, "..", "..");
const HEAD = join(PROJECT, "models", bundledHead());
const [LAYER, NEURON] = /l(\d+)_n(\d+)/.exec(HEAD)!.slice(1);

/** What ends a program from outside, and what it is for the program. */
const WAYS = {
  SIGINT: constants.signals.SIGINT,
  SIGTERM: constants.signals.SIGTERM,
  SIGHUP: constants.signals.SIGHUP,
  close: constants.signals.SIGHUP,
};

interface Ended {
  /** What the terminal showed. */
  readonly shown: string;
  /** The exit code, or minus the signal's number. */
  readonly ended: number;
}

/** Runs a command in a terminal and ends it once the terminal shows a text. */
async function endedAt(how: string, text: string, ...args: readonly string[]): Promise<Ended> {
  const { environmentPython } = await import("../../scripts/setup/python.mjs");
  const program = [process.execPath, "--import", require.resolve("tsx"), MAIN, ...args];
  const child = spawn(
    environmentPython,
    [join(__dirname, "in_terminal.py"), how, text, ...program],
    { cwd: PROJECT, stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  for await (const piece of child.stdout.setEncoding("utf8")) said += piece;
  return JSON.parse(said);
}

describe("a command that is ended", { skip: process.platform === "win32" }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tslens-ended-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [how, signal] of Object.entries(WAYS)) {
    it(`by ${how} gives the terminal its cursor and its line wrap back`, async () => {
      const out = join(folder, `patch-${how}`);
      const args = ["patch", HEAD, "--no-controls", "--no-browser", "--out", out];
      const { shown, ended } = await endedAt(how, "Patching", ...args);
      assert.equal(ended, -signal);
      assert.ok(!existsSync(out));
      // A terminal that is closed has none.
      if (how === "close") return;
      for (const [off, on] of [
        ["\x1b[?25l", "\x1b[?25h"],
        ["\x1b[?7l", "\x1b[?7h"],
      ]) {
        assert.ok(shown.includes(off));
        assert.ok(shown.lastIndexOf(on) > shown.lastIndexOf(off), JSON.stringify(shown));
      }
    });

    it(`by ${how} writes what is done of a sweep`, async () => {
      const out = join(folder, `sweep-${how}`);
      const args = ["sweep", HEAD, "--no-browser", "--max-bytes", "1000000", "--out", out];
      // The first block of neurons is done on all prompts shortly after half of the work.
      const twoThirds = "█".repeat(16);
      const { shown, ended } = await endedAt(how, twoThirds, ...args);
      assert.equal(ended, how === "close" ? -signal : 1);
      if (how !== "close") assert.match(shown, /interrupted; found \d+ of \d+ neurons done.*Go on/);
      const text = readFileSync(join(out, `neuron_sweep_${LAYER}_${NEURON}.json`), "utf8");
      const { is_complete, swept } = JSON.parse(text);
      assert.equal(is_complete, false);
      const done = swept.flatMap(({ changes }: { changes: unknown[] }) => changes.filter(Boolean));
      assert.ok(done.length > 0);
    });
  }

  it("writes nothing of a sweep that has patched no neuron", async () => {
    const out = join(folder, "nothing");
    const args = ["sweep", HEAD, "--all-layers", "--no-browser", "--max-bytes", "100000"];
    const { shown, ended } = await endedAt("SIGTERM", "Sweeping", ...args, "--out", out);
    assert.equal(ended, 1);
    assert.match(shown, /interrupted; found 0 of \d+ neurons done\. Nothing was written\./);
    assert.ok(!existsSync(out));
  });
});
