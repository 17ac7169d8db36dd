import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { atomicWrite } from "../../src/files/atomic-write";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslens-places-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What makes something that is no file at a path; false where this user or system cannot. */
const OTHERS: Record<string, (path: string) => boolean | Promise<() => void>> = {
  // A second /dev/null: this user may be root.
  device: (path) => spawnSync("mknod", [path, "c", "1", "3"]).status === 0,
  pipe: (path) => spawnSync("mkfifo", [path]).status === 0,
  socket: (path) =>
    new Promise((done) => {
      const server = createServer().listen(path, () => done(() => void server.close()));
    }),
  folder: (path) => {
    mkdirSync(path);
    return true;
  },
};

describe("what is no file", { skip: process.platform === "win32" }, () => {
  for (const [kind, make] of Object.entries(OTHERS)) {
    it(`keeps its name: a ${kind}, by itself and behind links`, async (t) => {
      const path = join(folder, "other");
      const made = await make(path);
      if (!made) return t.skip(`this user cannot make a ${kind}`);
      if (typeof made === "function") t.after(made);
      symlinkSync(path, join(folder, "link"));
      symlinkSync("link", join(folder, "link to the link"));
      const before = lstatSync(path);
      for (const name of ["other", "link", "link to the link"]) {
        const written = atomicWrite(join(folder, name), "x");
        await assert.rejects(written, new RegExp(kind));
        const within = atomicWrite(join(folder, name), "x", { within: folder });
        await assert.rejects(within, new RegExp(kind));
        assert.equal(await atomicWrite(join(folder, name), "x", { replace: false }), false);
      }
      const after = lstatSync(path);
      assert.deepEqual([after.ino, after.mode, after.rdev], [before.ino, before.mode, before.rdev]);
    });
  }

  it("is the pipe behind /dev/stdout too", () => {
    const program = `require("${join(__dirname, "..", "..", "src", "files", "atomic-write.ts")}")
      .atomicWrite(process.argv[1], "x")
      .catch((error) => console.log(error.message))`;
    // A link of our own to the same place.
    symlinkSync("/proc/self/fd/1", join(folder, "stdout"));
    const said = execFileSync(
      process.execPath,
      ["--import", "tsx", "-e", program, join(folder, "stdout")],
      { encoding: "utf8", cwd: join(__dirname, "..", "..") },
    );
    assert.match(said, /a pipe, which is not replaced|a socket, which is not replaced/);
    assert.equal(readlinkSync(join(folder, "stdout")), "/proc/self/fd/1");
  });
});

describe("links in a folder of results", () => {
  const results = () => join(folder, "results");
  const outside = () => join(folder, "outside.txt");
  const write = (name: string) => atomicWrite(join(results(), name), "new", { within: results() });
  beforeEach(() => {
    mkdirSync(results());
    writeFileSync(outside(), "old");
  });

  it("that lead out give way to the file", async () => {
    for (const [name, target] of [
      ["absolute", outside()],
      ["relative", "../outside.txt"],
      ["to nothing", join(folder, "nothing")],
      ["to a folder", folder],
      ["over another link", "absolute too"],
      ["to a name like the folder's", join(folder, "results2")],
    ]) {
      symlinkSync(outside(), join(results(), "absolute too"));
      symlinkSync(target, join(results(), name));
      await write(name);
      assert.ok(lstatSync(join(results(), name)).isFile(), name);
      assert.equal(readFileSync(join(results(), name), "utf8"), "new");
      rmSync(join(results(), "absolute too"), { force: true });
    }
    assert.equal(readFileSync(outside(), "utf8"), "old");
    assert.ok(!existsSync(join(folder, "nothing")));
  });

  it("that stay in it are followed", async () => {
    writeFileSync(join(results(), "real"), "old");
    symlinkSync("real", join(results(), "link"));
    await write("link");
    assert.equal(readlinkSync(join(results(), "link")), "real");
    assert.equal(readFileSync(join(results(), "real"), "utf8"), "new");
  });

  it("that are folders outside are refused", async () => {
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync("../elsewhere", join(results(), "figures"));
    await assert.rejects(write("figures/a.json"), /a link that leads out of/);
    assert.ok(!existsSync(join(folder, "elsewhere", "a.json")));
  });

  it("do not matter where the folder itself is one", async () => {
    symlinkSync("results", join(folder, "linked"));
    await atomicWrite(join(folder, "linked", "a"), "new", { within: join(folder, "linked") });
    assert.equal(readFileSync(join(results(), "a"), "utf8"), "new");
  });
});

it("a file that was named by a link is written where the link leads", async () => {
  writeFileSync(join(folder, "real"), "old");
  symlinkSync("real", join(folder, "link"));
  await atomicWrite(join(folder, "link"), "new");
  assert.equal(readlinkSync(join(folder, "link")), "real");
  assert.equal(readFileSync(join(folder, "real"), "utf8"), "new");
});
