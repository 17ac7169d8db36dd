import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { type SmallStudy, writeSmallStudy, writtenFiles } from "./small-study";
import { StudyProcess } from "./study-process";

const HEADS = 12;

/** A disk of a few megabytes, which only root can make; null where nobody may. */
function smallDisk(folder: string): boolean {
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("a study on a full disk", { skip: process.platform !== "linux" }, () => {
  // Hooks are run in the order in which they stand: a disk in use cannot be removed.
  after(() => {
    if (isMounted) execFileSync("umount", [disk]);
  });
  const folder = temporaryFolder();
  const disk = join(folder, "disk");
  let isMounted = false;
  let study: SmallStudy;
  before(async () => {
    isMounted = smallDisk(disk);
    study = await writeSmallStudy(folder, HEADS);
  });
  it("ends with one line, writes nothing half, and goes on when there is room", async (t) => {
    if (!isMounted) return t.skip("only root can make a small disk");
    const args = ["study", study.heads, "--texts", study.texts, "--workers", "1", "--out"];
    const undisturbed = await new StudyProcess([...args, join(folder, "out")]).ended;
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const out = join(disk, "out");
    const fillTo = (free: number) => {
      const ballast = join(disk, "ballast");
      rmSync(ballast, { force: true });
      const { bavail, bsize } = statfsSync(disk);
      if (free < bavail * bsize) writeFileSync(ballast, Buffer.alloc(bavail * bsize - free));
    };
    const endsFull = async (file: RegExp) => {
      const { code, stderr } = await new StudyProcess([...args, out]).ended;
      assert.equal(code, 1);
      assert.match(stderr, /^tslens: .*the disk is full.*\n$/);
      assert.match(stderr, file);
      const left = Object.values(writtenFiles(out)).filter((text) => !/[}\n]\n?$/.test(text));
      assert.deepEqual(left, []);
    };
    fillTo(40_000);
    await endsFull(/audit_\d_\d/);
    assert.ok(readdirSync(out).length < HEADS);
    // Room for all results and tables, but not for the page, which is written last.
    fillTo(statSync(join(folder, "out", "index.html")).size);
    await endsFull(/index\.html/);
    assert.deepEqual(writtenFiles(out), writtenFiles(join(folder, "out")));
    assert.ok(!readdirSync(out).includes("index.html"));
    fillTo(Number.POSITIVE_INFINITY);
    const more = await new StudyProcess([...args, out]).ended;
    assert.equal(more.code, 0, more.stderr);
    assert.deepEqual(writtenFiles(out), writtenFiles(join(folder, "out")));
    assert.deepEqual(
      readdirSync(out).filter((name) => name.endsWith(".tmp")),
      [],
    );
  });
});
