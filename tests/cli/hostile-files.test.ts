import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineOf } from "../../src/cli/error-line";
import { HOSTILE_PICKLES } from "../checkpoints/hostile-pickles";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { dict, pickleOf, tensor, torchZip } from "../checkpoints/torch-file-bytes";
import { run, spawnCli } from "./run";

const folder = temporaryFolder();
let files = 0;

async function saved(pickle: Uint8Array, storages: Record<string, Uint8Array>): Promise<string> {
  return put(folder, `${files++}.pt`, await torchZip(pickle, storages));
}

describe("inspect of a file that attacks", () => {
  for (const kind of [
    "a key of laughs",
    "a deep key",
    "laughs",
    "a list in many OrderedDicts",
    "many tensors",
    "long names",
    "names of wrappers",
    "names that collide",
  ]) {
    it(kind, async () => {
      const { pickle, storages } = HOSTILE_PICKLES[kind](100_000);
      const { code, stdout, stderr } = await run("inspect", await saved(pickle, storages));
      if (code === 0) assert.equal(stderr, "");
      else {
        assert.equal(stdout, "");
        assert.match(stderr, /^tslens: [^\n]+\n$/);
      }
      assert.doesNotMatch(stderr, /Error|foreseen/);
      assert.ok(stdout.length < 20_000_000);
    });
  }
});

it("a column is not as wide as a name can be", async () => {
  const names = ["x".repeat(60_000), ...Array.from({ length: 1000 }, (_, i) => `w${i}`)];
  const pickle = pickleOf(dict(Object.fromEntries(names.map((name) => [name, tensor()]))));
  const { code, stdout } = await run("inspect", await saved(pickle, { "0": new Uint8Array(8) }));
  assert.equal(code, 0);
  assert.ok(stdout.length < 1_000_000, `${stdout.length} characters`);
  assert.match(stdout, /^x{199}… /m);
});

it("an error that nobody foresaw is one line without its class", () => {
  const line = lineOf(new TypeError("first\n second"));
  assert.match(
    line,
    /^this was not foreseen: first second\. Please report it; TSLENS_STACK=1 shows/,
  );
  assert.ok(lineOf(new RangeError("x".repeat(10_000))).length < 1_000);
});

it("a file of tensors that is a pipe is not waited for", async () => {
  const { code, stderr } = await spawnCli(["inspect", "/dev/stdin"]);
  assert.equal(code, 1);
  assert.match(stderr, /^tslens: \/dev\/stdin: this is not a regular file[^\n]+\n$/);
});
