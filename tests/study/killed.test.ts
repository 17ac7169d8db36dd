import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { type SmallStudy, writeSmallStudy, writtenFiles } from "./small-study";
import { doneHeads, isRunning, StudyProcess, until } from "./study-process";

const HEADS = 40;

// kill −9 and stopped processes are the same on other systems; their lists of processes are not.
describe("a study that is disturbed", { skip: process.platform !== "linux" }, () => {
  const folder = temporaryFolder();
  let study: SmallStudy;
  /** What an undisturbed study leaves behind. */
  let undisturbed: Record<string, string>;
  const args = (out: string, ...more: string[]) => [
    ...["study", study.heads, "--texts", study.texts, "--out", join(folder, out)],
    ...["--workers", "2", ...more],
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

  it("gives the same when its computing processes are killed", async () => {
    const running = new StudyProcess(args("killed-workers"));
    let kills = 0;
    await until("the study's end", async () => {
      if (!running.isRunning) return true;
      const done = doneHeads(join(folder, "killed-workers"));
      const [pid] = running.computing;
      if (pid !== undefined && kills < 4 && done > kills * 8) {
        process.kill(pid, "SIGKILL");
        kills++;
      }
      return false;
    });
    assert.ok(kills >= 3, `${kills} kills`);
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assertSame("killed-workers");
  });

  it("gives the same when it is killed itself and started again", async () => {
    const out = join(folder, "killed");
    for (const enough of [5, 20]) {
      const running = new StudyProcess(args("killed"));
      await until(`${enough} heads`, () => doneHeads(out) >= enough || !running.isRunning);
      assert.ok(running.isRunning, "it was done before it was killed");
      const computing = running.computing;
      await running.kill();
      assert.ok(doneHeads(out) < HEADS);
      // They end by themselves: nobody would know of what they still do.
      await until("their end", () => computing.every((pid) => !isRunning(pid)));
    }
    const { code, stderr } = await new StudyProcess(args("killed")).ended;
    assert.equal(code, 0, stderr);
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

  it("ends by Ctrl-C, says how to go on, and goes on", async () => {
    const out = join(folder, "interrupted");
    const running = new StudyProcess(args("interrupted"));
    await until("a few heads", () => doneHeads(out) >= 3);
    const computing = running.computing;
    running.signal("SIGINT");
    const { code, stderr } = await running.ended;
    assert.equal(code, 1);
    assert.match(stderr, /interrupted; found \d+ of 40 heads done\. Run the same command again/);
    assert.deepEqual(computing.filter(isRunning), []);
    assert.ok(!readdirSync(out).includes("study.csv"));
    const again = await new StudyProcess(args("interrupted")).ended;
    assert.equal(again.code, 0, again.stderr);
    assertSame("interrupted");
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
