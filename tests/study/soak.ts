import assert from "node:assert/strict";
import { randomStream } from "../../src/stats/random-stream";
import type { PostgresServer } from "./postgres-server";
import { type SmallStudy, writtenFiles } from "./small-study";
import { doneHeads, StudyProcess, until } from "./study-process";

export interface SoakOptions {
  readonly study: SmallStudy;
  readonly server: PostgresServer;
  readonly folder: string;
  readonly out: string;
  readonly workers: number;
  /** A worker, or what computes for it, is killed about so often. */
  readonly secondsBetweenKills: number;
  /** Draws whom to kill. */
  readonly seed: number;
  readonly onProgress?: (line: string) => void;
}

/**
 * A study by workers that are killed at random, with their computing processes or alone, and replaced.
 *
 * @returns how many were killed
 */
export async function soak(options: SoakOptions): Promise<number> {
  const { study, server, folder, out, secondsBetweenKills, seed, onProgress } = options;
  const database = server.url();
  const stream = randomStream(seed, "soak");
  const worker = () =>
    new StudyProcess(["worker", "--database", database, "--root", folder], server.environment);
  const coordinator = new StudyProcess(
    [
      ...["study", study.heads, "--texts", study.texts, "--out", out, "--json"],
      ...["--workers", "0", "--database", database, "--expire-after", "5"],
    ],
    server.environment,
  );
  const workers = Array.from({ length: options.workers }, worker);
  let kills = 0;
  // Where everything is slow, whoever is killed by the clock alone never gets anything done.
  const some = Math.ceil(study.names.length / 50);
  let enough = 1;
  let next = Date.now() + 1000 * secondsBetweenKills;
  try {
    await until(
      "the study's end",
      async () => {
        if (!coordinator.isRunning) return true;
        if (Date.now() < next || doneHeads(out) < enough) return false;
        enough = doneHeads(out) + some;
        next = Date.now() + 1000 * secondsBetweenKills * (0.5 + stream.uniform());
        const place = stream.integer(0, workers.length - 1);
        const [computing] = workers[place].computing;
        if (stream.uniform() < 0.5 && computing !== undefined) process.kill(computing, "SIGKILL");
        else {
          await workers[place].kill();
          workers[place] = worker();
        }
        kills++;
        onProgress?.(`${doneHeads(out)} heads done, ${kills} killed`);
        return false;
      },
      3600,
    );
    const { code, stdout, stderr } = await coordinator.ended;
    assert.equal(code, 0, stderr);
    const { heads, failed } = JSON.parse(stdout);
    assert.deepEqual(failed, []);
    assert.equal(heads.length, study.names.length);
    assert.equal(
      new Set(heads.map((row: { model_dir: string }) => row.model_dir)).size,
      heads.length,
    );
    assert.equal(Object.keys(writtenFiles(out)).length, heads.length + 2);
    return kills;
  } finally {
    for (const one of [...workers, coordinator]) await one.kill();
  }
}
