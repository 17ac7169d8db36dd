import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import fc from "fast-check";
import { BinaryFile } from "../../src/checkpoints/binary-file";
import { elementCount } from "../../src/checkpoints/element-count";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { readZipDirectory } from "../../src/checkpoints/zip-directory";
import { CheckpointError } from "../../src/errors";
import { fixture } from "../golden";
import { type Mutation, mutate, mutations } from "./mutations";
import { put, temporaryFolder } from "./temporary-folder";
import { bytesOf, torchZip, uint64 } from "./torch-file-bytes";

const RUNS_PER_FILE = 400;

const folder = temporaryFolder();

/**
 * Opens and reads everything: a correct read or a CheckpointError of one line, nothing else. (Hangs are for `npm run
 * fuzz` to find, which watches the time of every file.)
 */
async function readOrRefuse(bytes: Uint8Array): Promise<void> {
  const path = put(folder, "mutated", bytes);
  try {
    const source = await openCheckpoint(path);
    try {
      for (const name of source.names) {
        const { shape, data } = source.read(name);
        assert.equal(data.length, elementCount(shape));
      }
    } finally {
      source.close();
    }
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    assert.doesNotMatch(error.message, /[\n\r]/);
    assert.ok(error.message.length < 1_000, error.message);
  }
}

async function holdsFor(change: (changes: Mutation[]) => Uint8Array | Promise<Uint8Array>) {
  await fc.assert(
    fc.asyncProperty(mutations, async (changes) => readOrRefuse(await change(changes))),
    { numRuns: RUNS_PER_FILE, seed: 1, interruptAfterTimeLimit: 30_000 },
  );
}

for (const parts of [
  ["golden-a", "torch-files", "zip.pt"],
  ["golden-a", "torch-files", "legacy.pt"],
  ["golden-a", "torch-files", "protocol4.pt"],
  ["golden-a", "torch-files", "shared_storage.pt"],
  ["torch-files", "legacy_views.pt"],
  ["torch-files", "checkpoint.pt"],
]) {
  const original = readFileSync(fixture(...parts));
  it(`${parts.join("/")}, changed anywhere`, () =>
    holdsFor((changes) => mutate(original, changes)));
}

// Most changes to a zip file only break its directory; these reach what is in it.
for (const name of ["views", "checkpoint", "parameter"]) {
  it(`${name}.pt, changed in its pickle`, async () => {
    const file = new BinaryFile(fixture("torch-files", `${name}.pt`));
    const entries = new Map(
      [...(await readZipDirectory(file))].map(([path, { start, size }]) => [
        path.replace(`${name}/`, ""),
        file.readBytes(start, size, path),
      ]),
    );
    file.close();
    const storages = [...entries]
      .filter(([path]) => path.startsWith("data/"))
      .map(([path, bytes]) => [path.replace("data/", ""), bytes]);
    const pickle = entries.get("data.pkl")!;
    await holdsFor((changes) => torchZip(mutate(pickle, changes), Object.fromEntries(storages)));
  });
}

it("a safetensors file, changed anywhere and in its header", async () => {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: "pt" },
      a: { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
      b: { dtype: "BF16", shape: [2], data_offsets: [8, 12] },
      c: { dtype: "I64", shape: [], data_offsets: [12, 20] },
    }),
  );
  const data = new Uint8Array(20);
  const whole = bytesOf(uint64(header.length), header, data);
  await holdsFor((changes) => mutate(whole, changes));
  await holdsFor((changes) => {
    const mutated = mutate(header, changes);
    return bytesOf(uint64(mutated.length), mutated, data);
  });
});
