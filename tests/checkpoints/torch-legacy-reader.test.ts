import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { fixture } from "../golden";
import { assertRefused } from "./refusals";
import { put, temporaryFolder } from "./temporary-folder";
import {
  type Bytes,
  bytesOf,
  dict,
  global,
  int,
  pickleOf,
  tensor,
  text,
  tuple,
  uint64,
} from "./torch-file-bytes";

const folder = temporaryFolder();
let files = 0;

interface LegacyParts {
  magic?: Bytes;
  version?: number;
  littleEndian?: boolean;
  value?: Bytes;
  keys?: readonly string[];
  storages?: Bytes;
}

/** 1.5 and −2 as float32, with their number before them. */
const STORAGE = bytesOf(uint64(2), Buffer.from(new Float32Array([1.5, -2]).buffer));

function legacy({
  magic = Buffer.from("8a0a6cfc9c46f9206aa85019", "hex"),
  version = 1001,
  littleEndian = true,
  value = dict({ a: tensor() }),
  keys = ["0"],
  storages = STORAGE,
}: LegacyParts = {}): Buffer {
  return bytesOf(
    pickleOf(magic),
    pickleOf(int(version)),
    pickleOf(dict({ protocol_version: int(version), little_endian: littleEndian ? 0x88 : 0x89 })),
    pickleOf(value),
    pickleOf("](", ...keys.map(text), "e"),
    storages,
  );
}

async function open(parts: LegacyParts) {
  return openCheckpoint(put(folder, `${files++}.pt`, legacy(parts)));
}

it("reads a tensor", async () => {
  const source = await open({});
  assert.deepEqual(source.read("a"), {
    dtype: "float32",
    shape: [2],
    data: new Float32Array([1.5, -2]),
  });
  source.close();
});

it("reads a part of a storage, as PyTorch 0.3 wrote them", async () => {
  const view = tuple(text("view"), int(1), int(1));
  const id = tuple(
    text("storage"),
    global("torch", "FloatStorage"),
    text("0"),
    text("cpu"),
    int(2),
    view,
  );
  const value = dict({
    a: [
      global("torch._utils", "_rebuild_tensor"),
      tuple([id, "Q"], int(0), tuple(int(1)), tuple(int(1))),
      "R",
    ],
  });
  const source = await open({ value });
  assert.deepEqual([...source.read("a").data], [-2]);
  source.close();
});

it("refuses what is not the format", async () => {
  await assertRefused(() => open({ magic: int(5) }), /not written by torch\.save/);
  await assertRefused(() => open({ magic: global("os", "system") }), /"os\.system"/);
  await assertRefused(() => open({ version: 1002 }), /version.*found 1002/);
  await assertRefused(() => open({ littleEndian: false }), /found big-endian/);
  await assertRefused(() => open({ keys: [] }), /"0" is not in the list of storages/);
  await assertRefused(() => open({ keys: ["0", "0"] }), /names "0" twice/);
  await assertRefused(() => open({ keys: ["0", "1"] }), /names "1" twice or without a tensor/);
  await assertRefused(
    () => open({ storages: [uint64(3), new Uint8Array(12)] }),
    /not as it was announced/,
  );
  await assertRefused(
    () => open({ storages: [uint64(2), new Uint8Array(4)] }),
    /not as it was announced/,
  );
  await assertRefused(() => open({ storages: uint64(2n ** 64n - 1n) }), /not as it was announced/);
});

it("refuses a file cut short at every byte", async () => {
  const bytes = readFileSync(fixture("golden-a", "torch-files", "legacy.pt"));
  for (let length = 0; length < bytes.length; length++) {
    const path = put(folder, "cut.pt", bytes.subarray(0, length));
    await assertRefused(() => openCheckpoint(path), /cut\.pt: /);
  }
});
