import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { databaseAddress } from "../../src/study/database-url";
import { openPostgres } from "../../src/study/postgres";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { killerOf } from "./killer";
import { noPostgres, PostgresServer } from "./postgres-server";
import { type SmallStudy, writeSmallStudy, writtenFiles } from "./small-study";
import { doneHeads, StudyProcess, until } from "./study-process";

const HEADS = 24;
const skip = process.platform === "linux" ? noPostgres() : "lists of processes are Linux's";

describe("a study whose workers share a PostgreSQL", { skip }, () => {
  const folder = temporaryFolder();
  let server: PostgresServer;
  let study: SmallStudy;
  let undisturbed: Record<string, string>;
  const started: StudyProcess[] = [];

  const start = (args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const one = new StudyProcess(args, { ...server.environment, ...more });
    started.push(one);
    return one;
  };
  const studyOf = (name: string, ...more: string[]) =>
    start([
      ...["study", study.heads, "--texts", study.texts, "--out", join(folder, name)],
      ...["--database", server.url(name), "--expire-after", "3", "--json", ...more],
    ]);
  const workerOf = (name: string, more: NodeJS.ProcessEnv = {}) =>
    start(["worker", "--database", server.url(name), "--root", folder], more);

  before(async () => {
    [server, study] = await Promise.all([PostgresServer.start(), writeSmallStudy(folder, HEADS)]);
    await server.createDatabase("undisturbed");
    const { code, stderr } = await studyOf("undisturbed", "--workers", "1").ended;
    assert.equal(code, 0, stderr);
    undisturbed = writtenFiles(join(folder, "undisturbed"));
    assert.equal(Object.keys(undisturbed).length, HEADS + 2);
  });
  afterEach(async () => {
    for (const one of started.splice(0)) {
      one.signal("SIGCONT");
      await one.kill();
    }
  });
  after(() => server?.stop());

  async function assertSame(name: string, ...studies: readonly StudyProcess[]): Promise<void> {
    for (const one of studies) {
      const { code, stdout, stderr } = await one.ended;
      assert.equal(code, 0, stderr);
      const { heads, failed } = JSON.parse(stdout);
      assert.deepEqual(failed, []);
      assert.equal(heads.length, HEADS);
    }
    assert.deepEqual(writtenFiles(join(folder, name)), undisturbed);
  }

  it("gives the same when workers are killed, one sleeps past its time, and the queue is dropped", async () => {
    const name = "workers";
    await server.createDatabase(name);
    const out = join(folder, name);
    const coordinator = studyOf(name, "--workers", "0");
    const [killed, asleep] = [workerOf(name), workerOf(name)];
    await until("a few heads", () => doneHeads(out) >= 3);
    await killed.kill();
    asleep.signal("SIGSTOP");
    const done = doneHeads(out);
    const helper = workerOf(name);
    await until("heads by another worker", () => doneHeads(out) > done + 2);
    const [{ name: queue }] = await server.query("SELECT name FROM tslens.queue", name);
    await server.query(`DELETE FROM tslens.job; SELECT tslens.delete_queue('${queue}')`, name);
    await until("almost all heads", () => doneHeads(out) > HEADS - 8);
    asleep.signal("SIGCONT");
    await assertSame(name, coordinator);
    for (const worker of [asleep, helper]) {
      worker.signal("SIGTERM");
      const { code, stdout, stderr } = await worker.ended;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^\d+ heads? done, 0 failed\n$/);
    }
  });

  it("gives the same when the database is killed, its tables dropped, and two studies share it", async () => {
    const name = "database";
    await server.createDatabase(name);
    const out = join(folder, name);
    const studies = [studyOf(name, "--workers", "1"), studyOf(name, "--workers", "1")];
    await until("a few heads", () => doneHeads(out) >= 3);
    await server.kill();
    await server.restart();
    const done = doneHeads(out);
    await until("more heads", () => doneHeads(out) > Math.min(done + 2, HEADS - 1));
    await server.query("DROP SCHEMA tslens CASCADE", name).catch(() => {});
    await assertSame(name, ...studies);
  });

  it("keeps studies apart that share a worker: other seeds, other texts, other folders of results", async () => {
    await server.createDatabase("several");
    const reversed = join(folder, "reversed.json");
    const texts = JSON.parse(readFileSync(study.texts, "utf8"));
    // Of as many tokens and as many texts, so that nothing but the numbers could tell.
    writeFileSync(reversed, JSON.stringify(texts.map((ids: number[]) => [...ids].reverse())));
    const given = [
      { name: "seed-0", texts: study.texts, seed: "0" },
      { name: "seed-0-again", texts: study.texts, seed: "0" },
      { name: "others", texts: reversed, seed: "1" },
    ];
    const run = (out: string, one: (typeof given)[number], ...more: string[]) =>
      start([
        ...["study", study.heads, "--texts", one.texts, "--seed", one.seed, "--json"],
        ...["--out", join(folder, out), ...more],
      ]);
    const shared = ["--database", server.url("several"), "--workers", "0", "--expire-after", "60"];
    const studies = given.map((one) => run(one.name, one, ...shared));
    const alone = run("alone", given[2], "--workers", "1");
    await until("all jobs wait", async () => {
      const rows = await server
        .query("SELECT count(*)::int AS count FROM tslens.job", "several")
        .catch(() => []);
      return rows[0]?.count === given.length * HEADS;
    });
    workerOf("several");
    for (const one of [...studies, alone]) assert.equal((await one.ended).code, 0, one.stderr);
    for (const { name } of given) {
      const expected = name === "others" ? writtenFiles(join(folder, "alone")) : undisturbed;
      assert.deepEqual(writtenFiles(join(folder, name)), expected, name);
    }
  });

  it("ends with a head that kills its worker each time as failed, and all others done", async () => {
    const name = "poisoned";
    await server.createDatabase(name);
    const [poisoned] = study.names;
    const poison = killerOf(folder, poisoned, "worker");
    const coordinator = studyOf(name, "--workers", "0");
    let workers = 0;
    // As Slurm, Kubernetes or a person starts another one.
    const restart = async () => {
      while (coordinator.isRunning && workers++ < 20) {
        const worker = workerOf(name, poison);
        await Promise.race([worker.ended, coordinator.ended]);
      }
    };
    await Promise.all([restart(), coordinator.ended]);
    const { code, stdout, stderr } = await coordinator.ended;
    assert.equal(code, 0, stderr);
    const { heads, failed } = JSON.parse(stdout);
    assert.equal(heads.length, HEADS - 1);
    assert.equal(failed.length, 1);
    assert.equal(failed[0].model_dir, join(study.heads, poisoned));
    assert.match(failed[0].reason, /timeout/);
    assert.ok(workers >= 5, `${workers} workers`);
  });

  it("computes again what was taken away, though the database says that it is done", async () => {
    const out = join(folder, "undisturbed");
    const names = Object.keys(undisturbed).filter((name) => name.startsWith("audit"));
    rmSync(join(out, names[3]));
    const other = readFileSync(join(out, names[5]), "utf8").replace(/"job": ".{4}/, '"job": "0000');
    writeFileSync(join(out, names[5]), other);
    const kept = statSync(join(out, names[7])).mtimeMs;
    await assertSame("undisturbed", studyOf("undisturbed", "--workers", "1"));
    assert.equal(statSync(join(out, names[7])).mtimeMs, kept);
  });

  it("goes on when its folders were moved in between: jobs that wait learn their new paths", async () => {
    const name = "moved";
    await server.createDatabase(name);
    const [before, now] = ["before", "now"].map((place) => join(folder, `${place}-moved`));
    await writeSmallStudy(before, 3);
    const run = (place: string, texts: string, out: string) =>
      start([
        ...["study", join(place, "heads"), "--texts", join(place, texts)],
        ...["--base", join(place, "base"), "--out", join(place, out), "--json"],
        ...["--database", server.url(name), "--workers", "0"],
      ]);
    const first = run(before, "texts.json", "out");
    await until("the jobs", async () => {
      const rows = await server.query("SELECT id FROM tslens.job", name).catch(() => []);
      return rows.length === 3;
    });
    await first.kill();
    renameSync(before, now);
    renameSync(join(now, "texts.json"), join(now, "others.json"));
    renameSync(join(now, "out"), join(now, "results"));
    const second = run(now, "others.json", "results");
    start(["worker", "--database", server.url(name), "--root", now]);
    await until("its end", () => !second.isRunning, 60);
    const { code, stdout, stderr } = await second.ended;
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).heads.length, 3);
  });

  it("refuses what somebody else wrote into the database, and does the rest", async () => {
    const name = "hostile";
    await server.createDatabase(name);
    const coordinator = studyOf(name, "--workers", "0");
    const count = async () =>
      Number(
        (await server.query("SELECT count(*) FROM tslens.job", name).catch(() => [{}]))[0].count,
      );
    await until("the jobs", async () => (await count()) === HEADS);
    const changes = [
      `data || '{"run": "process.exit()"}'`,
      `jsonb_set(data, '{out,file}', '"../../stolen.json"')`,
      `jsonb_set(data, '{options,seed}', '7')`,
    ];
    const rows = await server.query("SELECT id FROM tslens.job LIMIT 3", name);
    for (const [i, change] of changes.entries()) {
      await server.query(`UPDATE tslens.job SET data = ${change} WHERE id = '${rows[i].id}'`, name);
    }
    const worker = workerOf(name);
    const { code, stdout, stderr } = await coordinator.ended;
    assert.equal(code, 0, stderr);
    const { heads, failed } = JSON.parse(stdout);
    assert.equal(heads.length, HEADS - 3);
    assert.equal(failed.length, 3);
    for (const { reason } of failed) assert.match(reason, /is no job of this version of tslens/);
    assert.match(worker.stderr, /jobs? (was|were) refused/);
  });

  it("tries a statement again that PostgreSQL ended because it and another waited for each other", async () => {
    const name = "deadlock";
    await server.createDatabase(name);
    const address = databaseAddress(undefined, { TSLENS_DATABASE: server.secretUrl(name) })!;
    const notes: string[] = [];
    const database = await openPostgres(address, { onNote: (line) => notes.push(line) });
    const other = await server.connect(name);
    try {
      await database.executeSql(
        "CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 0), (2, 0)",
      );
      const add = (id: number) => `UPDATE t SET n = n + 1 WHERE id = ${id}`;
      await other.query(`BEGIN; ${add(1)}`);
      const ours = database.executeSql(`BEGIN; ${add(2)}; ${add(1)}; COMMIT`);
      // Who waits first is ended after a second; the other one goes on.
      await sleep(300);
      await other.query(`${add(2)}; COMMIT`);
      await ours;
      const { rows } = await database.executeSql("SELECT n FROM t ORDER BY id");
      assert.deepEqual(rows, [{ n: 2 }, { n: 2 }]);
      const [{ deadlocks }] = await server.query(
        `SELECT deadlocks::int FROM pg_stat_database WHERE datname = '${name}'`,
      );
      assert.equal(deadlocks, 1);
      assert.deepEqual(notes, []);
    } finally {
      await other.end();
      await database.close();
    }
  });

  it("refuses tables of a newer version", async () => {
    const out = join(folder, "undisturbed");
    const file = readdirSync(out).find((one) => one.startsWith("audit"))!;
    rmSync(join(out, file));
    await server.query("UPDATE tslens.version SET version = 1000", "undisturbed");
    const { code, stderr } = await studyOf("undisturbed", "--workers", "1").ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /tables are of a newer version; found version 1000 in the schema "tslens"/,
    );
    assert.match(stderr, /the embedded one needs none/);
    assert.equal(stderr.trim().split("\n").length, 1);
    const worker = await workerOf("undisturbed").ended;
    assert.equal(worker.code, 1);
    assert.match(worker.stderr, /newer version/);
  });

  it("says no password anywhere, and asks for one that is missing or wrong", async () => {
    const secret = server.password;
    const worker = workerOf("undisturbed", { PGPASSWORD: "wrong" });
    const wrong = await worker.ended;
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /refuses; found password authentication failed.*PGPASSFILE/);
    const none = await start(["worker", "--database", server.url(), "--root", folder], {
      PGPASSWORD: "",
    }).ended;
    assert.match(none.stderr, /refuses; found no password/);
    const url = server.secretUrl("postgres");
    const given = await start(["worker", "--database", url, "--root", folder]).ended;
    assert.equal(given.code, 1);
    assert.match(given.stderr, /--database holds a password/);
    for (const { stdout, stderr } of [wrong, none, given]) {
      assert.ok(!`${stdout}${stderr}`.includes(secret));
      assert.ok(!`${stdout}${stderr}`.includes(encodeURIComponent(secret)));
    }
    const results = Object.values(writtenFiles(join(folder, "undisturbed"))).join();
    assert.ok(!results.includes("s3cret") && !results.includes(server.url()));
    // By TSLENS_DATABASE, where the command line says none, the process that computes knows nothing of it.
    const kept = start(["worker", "--root", folder], { TSLENS_DATABASE: url, PGPASSWORD: "" });
    const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const isComputing = (pid: number) => commandOf(pid).includes("compute-child");
    await until("its process", () => kept.computing.some(isComputing) || !kept.isRunning);
    const pid = kept.computing.find(isComputing)!;
    const known = ["cmdline", "environ"].map((file) =>
      readFileSync(`/proc/${pid}/${file}`, "utf8"),
    );
    assert.ok(!known.join().includes(encodeURIComponent(secret)));
    assert.ok(!commandOf(kept.child.pid!).includes("s3cret"));
    await until("that it works", () => kept.stderr.includes("working for"));
    assert.ok(!kept.stderr.includes("s3cret"));
  });
});
