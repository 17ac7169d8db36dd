import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { noPostgres, PostgresServer } from "./postgres-server";
import { writeSmallStudy } from "./small-study";
import { soak } from "./soak";

const skip = process.platform === "linux" ? noPostgres() : "lists of processes are Linux's";

// `npm run test:long` has 2,000 heads and 4 workers.
describe("a study whose workers are killed at random", { skip }, () => {
  const folder = temporaryFolder();
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.start();
  });
  after(() => server?.stop());

  it("loses no head and has none twice", async () => {
    const study = await writeSmallStudy(folder, 150, { texts: 20 });
    const kills = await soak({
      ...{ study, server, folder, out: join(folder, "out") },
      ...{ workers: 2, secondsBetweenKills: 1, seed: 1 },
    });
    assert.ok(kills >= 1, `${kills} kills`);
  });
});
