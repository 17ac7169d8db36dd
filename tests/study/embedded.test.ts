import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { killerOf } from "./killer";
import { type SmallStudy, writeSmallStudy, writtenFiles } from "./small-study";
import { doneHeads, isRunning, StudyProcess, until } from "./study-process";

const HEADS = 20;

// A list of a process's children is Linux's.
describe("a study on the embedded database", { skip: process.platform !== "linux" }, () => {
  const folder = temporaryFolder();
  let study: SmallStudy;
  /** What an undisturbed study leaves behind. */
  let undisturbed: Record<string, string>;
  const args = (out: string, ...more: string[]) => [
    ...["study", study.heads, "--texts", study.texts, "--out", join(folder, out)],
    ...["--workers", "1", ...more],
  ];

  before(async () => {
    study = await writeSmallStudy(folder, HEADS);
    const run = await new StudyProcess(args("undisturbed", "--json")).ended;
    assert.equal(run.code, 0, run.stderr);
    const { heads, failed } = JSON.parse(run.stdout);
    assert.deepEqual(failed, []);
    assert.equal(heads.length, HEADS);
    undisturbed = writtenFiles(join(folder, "undisturbed"));
    assert.equal(Object.keys(undisturbed).length, HEADS + 2);
  });

  /** Every head once, the same bytes, and nothing half. */
  function assertSame(out: string): void {
    assert.deepEqual(writtenFiles(join(folder, out)), undisturbed);
    const others = readdirSync(join(folder, out)).filter((name) => name.endsWith(".tmp"));
    assert.deepEqual(others, []);
  }

  it("gives the same when its computing processes are killed, then itself, then it is stopped", async () => {
    const out = join(folder, "killed");
    const killed = new StudyProcess(args("killed", "--workers", "2"));
    for (const enough of [1, 4]) {
      await until(`${enough} heads`, () => doneHeads(out) >= enough && killed.computing.length > 0);
      process.kill(killed.computing[0], "SIGKILL");
    }
    await until("more heads", () => doneHeads(out) >= 7 || !killed.isRunning);
    assert.ok(killed.isRunning, "it was done before it was killed");
    const left = killed.computing;
    await killed.kill();
    // They end by themselves: nobody would know of what they still do.
    await until("their end", () => !left.some(isRunning));

    const stopped = new StudyProcess(args("killed"));
    const before = doneHeads(out);
    await until("a few heads", () => doneHeads(out) > before || !stopped.isRunning);
    const computing = stopped.computing;
    stopped.signal("SIGINT");
    const { code, stderr } = await stopped.ended;
    assert.equal(code, 1);
    assert.match(stderr, /interrupted; found \d+ of 20 heads done\. Run the same command again/);
    assert.deepEqual(computing.filter(isRunning), []);
    assert.ok(!readdirSync(out).includes("study.csv"));

    const last = await new StudyProcess(args("killed")).ended;
    assert.equal(last.code, 0, last.stderr);
    assertSame("killed");
  });

  it("gives the same when two are started at once", async () => {
    const runs = [1, 2].map(() => new StudyProcess(args("twice", "--json")));
    for (const { code, stdout, stderr } of await Promise.all(runs.map((run) => run.ended))) {
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).heads.length, HEADS);
    }
    assertSame("twice");
  });

  it("ends with a head that kills its process each time as failed, and all others done", async () => {
    const [poisoned] = study.names;
    const poison = killerOf(folder, poisoned);
    const { code, stdout, stderr } = await new StudyProcess(args("poisoned", "--json"), poison)
      .ended;
    assert.equal(code, 0, stderr);
    const { heads, failed } = JSON.parse(stdout);
    assert.deepEqual(failed, [
      {
        model_dir: join(study.heads, poisoned),
        reason: "the process that computed it was killed by SIGKILL",
      },
    ]);
    assert.match(stderr, new RegExp(`failed: .*${poisoned}.*killed by SIGKILL`));
    assert.equal(heads.length, HEADS - 1);
    const { "study.csv": _, "study.json": __, ...results } = undisturbed;
    const written = writtenFiles(join(folder, "poisoned"));
    for (const [name, text] of Object.entries(results)) {
      if (!text.includes(poisoned)) assert.equal(written[name], text);
    }
    // Cured, it is the only one that is still computed.
    const cured = await new StudyProcess(args("poisoned")).ended;
    assert.equal(cured.code, 0, cured.stderr);
    assertSame("poisoned");
  });

  it("computes again what was taken away or is of another job, and nothing else", async () => {
    const out = join(folder, "undisturbed");
    const names = Object.keys(undisturbed).filter((name) => name.startsWith("audit"));
    rmSync(join(out, names[3]));
    const other = readFileSync(join(out, names[5]), "utf8").replace(/"job": ".{4}/, '"job": "0000');
    writeFileSync(join(out, names[5]), other);
    const kept = statSync(join(out, names[7])).mtimeMs;
    const { code, stderr } = await new StudyProcess(args("undisturbed")).ended;
    assert.equal(code, 0, stderr);
    assertSame("undisturbed");
    assert.equal(statSync(join(out, names[7])).mtimeMs, kept);
  });
});
