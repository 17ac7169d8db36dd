// `npm run test:long [-- HEADS]`: a study of 2,000 small heads by four workers that are killed at random.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noPostgres, PostgresServer } from "../tests/study/postgres-server";
import { writeSmallStudy } from "../tests/study/small-study";
import { soak } from "../tests/study/soak";

const HEADS = 2000;
const WORKERS = 4;

async function main(heads: number): Promise<void> {
  const none = noPostgres();
  if (none) throw new Error(none);
  const folder = mkdtempSync(join(tmpdir(), "tslens-soak-"));
  const server = await PostgresServer.start();
  try {
    const study = await writeSmallStudy(folder, heads, { texts: 20 });
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`${heads} heads, ${WORKERS} workers, SEED=${seed}`);
    const started = performance.now();
    const kills = await soak({
      ...{ study, server, folder, out: join(folder, "out") },
      ...{ workers: WORKERS, secondsBetweenKills: 3, seed },
      onProgress: console.log,
    });
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`nothing lost, nothing twice: ${heads} heads in ${seconds} s, ${kills} killed`);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

main(Number(process.argv[2] ?? HEADS)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
