import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { type SmallStudy, writeSmallStudy, writtenFiles } from "./small-study";
import { StudyProcess } from "./study-process";

const HEADS = 12;

/** A disk of a few kilobytes, which only root can make; null where nobody may. */
function smallDisk(folder: string): boolean {
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], { stdio: "ignore" });
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
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, Buffer.alloc(480_000));
    const out = join(disk, "out");
    const full = await new StudyProcess([...args, out]).ended;
    assert.equal(full.code, 1);
    assert.match(full.stderr, /^tslens: .*audit_\d_\d.*the disk is full.*\n$/);
    const left = Object.values(writtenFiles(out)).filter((text) => !text.endsWith("}\n"));
    assert.deepEqual(left, []);
    assert.ok(readdirSync(out).length < HEADS);
    rmSync(ballast);
    const more = await new StudyProcess([...args, out]).ended;
    assert.equal(more.code, 0, more.stderr);
    assert.deepEqual(writtenFiles(out), writtenFiles(join(folder, "out")));
    assert.deepEqual(
      readdirSync(out).filter((name) => name.endsWith(".tmp")),
      [],
    );
  });
});
