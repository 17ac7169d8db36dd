import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { discard, temporaryName } from "../../src/files/temporary";

const SOURCE = join(__dirname, "..", "..", "src", "files", "temporary.ts");
const HOST = hostname().replace(/\W/g, "");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslens-temporary-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that writes a file and a folder under temporary names, and then waits for ever. */
async function writing(): Promise<ChildProcess> {
  const program = `
    const { mkdirSync, writeFileSync } = require("node:fs");
    const { temporaryName } = require("${SOURCE}");
    writeFileSync(temporaryName(process.argv[1]), "half");
    const inside = temporaryName(process.argv[1]);
    mkdirSync(inside);
    writeFileSync(inside + "/half", "");
    console.log("writing");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "-e", program, folder], {
    cwd: join(__dirname, "..", ".."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout!, "data");
  assert.equal(readdirSync(folder).length, 2);
  return child;
}

describe("temporary names", () => {
  it("of a process that was killed are freed by the next one", async () => {
    const child = await writing();
    child.kill("SIGKILL");
    await once(child, "close");
    const left = readdirSync(folder);
    assert.equal(left.length, 2);
    const path = temporaryName(folder);
    assert.deepEqual(readdirSync(folder), []);
    discard(path);
  });

  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
    it(`are freed at once when a process is ended by ${signal}`, async () => {
      const child = await writing();
      child.kill(signal);
      const [, by] = await once(child, "close");
      assert.equal(by, signal);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it("of a process that runs stay, and so does everything else", async () => {
    const child = await writing();
    const old = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    const names = [
      ".tslens-notes.txt",
      ".tslens.tmp",
      `tslens-${HOST}-1-ab.tmp`,
      `.tslens-${HOST}-999999999-ab.tmp.txt`,
      // Another machine's, of just now.
      ".tslens-elsewhere-1-ab.tmp",
      // Our own number, of a moment ago: another thread's.
      `.tslens-${HOST}-${process.pid}-ab.tmp`,
    ];
    for (const name of names) writeFileSync(join(folder, name), "");
    const gone = [
      [".tslens-elsewhere-1-cd.tmp", old],
      [`.tslens-${HOST}-${process.pid}-cd.tmp`, old],
      [`.tslens-${HOST}-999999999-cd.tmp`, new Date()],
    ] as const;
    for (const [name, date] of gone) {
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), date, date);
    }
    const path = temporaryName(folder);
    const left = readdirSync(folder);
    for (const name of names) assert.ok(left.includes(name), name);
    for (const [name] of gone) assert.ok(!left.includes(name), name);
    assert.equal(left.length, names.length + 2);
    discard(path);
    child.kill("SIGKILL");
    await once(child, "close");
  });

  it("are links' own, never what they lead to", () => {
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "kept"), "");
    mkdirSync(join(folder, "in"));
    symlinkSync(elsewhere, join(folder, "in", `.tslens-${HOST}-999999999-ab.tmp`));
    discard(temporaryName(join(folder, "in")));
    assert.deepEqual(readdirSync(join(folder, "in")), []);
    assert.deepEqual(readdirSync(elsewhere), ["kept"]);
  });
});
