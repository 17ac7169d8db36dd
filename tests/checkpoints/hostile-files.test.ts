import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cachedSnapshot } from "../../src/checkpoints/hub/cached-snapshot";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import { fixture } from "../golden";
import { HOSTILE_PICKLES, HOSTILE_VALUES, type HostilePickle, tensorWith } from "./hostile-pickles";
import { mostMemory, mostMilliseconds } from "./measured-reading";
import type { ReadingReport } from "./reading-process";
import { put, temporaryFolder } from "./temporary-folder";
import { dict, pickleOf, tensor, text, torchZip, uint64, zipOf } from "./torch-file-bytes";

/** Large enough that what grows with the square is seen, small enough for 150 of them. */
const SIZE = 240_000;

const folder = temporaryFolder();
let files = 0;
let reader: ChildProcess;

before(() => startReader());
after(() => reader.kill());

function startReader(): void {
  const execArgv = ["--import", "tsx", "--expose-gc", "--max-old-space-size=1500"];
  reader = fork(join(__dirname, "reading-process.ts"), { execArgv });
}

/** The file is read or refused by an error of ours, in one line, within the time and memory that its size justifies. */
async function endsWell(bytes: Uint8Array, extension = "pt"): Promise<ReadingReport[]> {
  const path = put(folder, `${files++}.${extension}`, bytes);
  const { size } = statSync(path);
  const reports: ReadingReport[] = [];
  for (const allTensors of [false, true]) {
    const { milliseconds, memory, names, error } = await ask({ path, allTensors }, size);
    assert.ok(milliseconds <= mostMilliseconds(size), `${milliseconds} ms for ${size} bytes`);
    assert.ok(memory <= mostMemory(size), `${memory / 1e6} MB for ${size} bytes`);
    if (error) {
      assert.equal(error.name, "CheckpointError", error.message);
      assert.match(error.message, /^[^\n\r]{1,1000}$/);
    }
    reports.push({ milliseconds, memory, names, error });
  }
  return reports;
}

function ask(question: object, size: number): Promise<ReadingReport> {
  return new Promise((answered, failed) => {
    const done = (finish: () => void) => {
      clearTimeout(timer);
      reader.removeAllListeners();
      finish();
    };
    const fail = (why: string) => {
      reader.kill("SIGKILL");
      startReader();
      failed(new Error(why));
    };
    const timer = setTimeout(() => done(() => fail("it does not end")), 2 * mostMilliseconds(size));
    reader.once("message", (report) => done(() => answered(report as ReadingReport)));
    reader.once("exit", (code, signal) => done(() => fail(`the process ended: ${signal ?? code}`)));
    reader.send(question);
  });
}

const zipped = ({ pickle, storages }: HostilePickle) => torchZip(pickle, storages);

/** The magic number, the version, the system, the pickle; no storages, which are only looked for afterwards. */
function legacy({ pickle }: HostilePickle): Buffer {
  const magic = pickleOf([0x8a, 10, Buffer.from("6cfc9c46f9206aa85019", "hex")]);
  const version = pickleOf(["M", [0xe9, 0x03]]);
  const system = pickleOf(dict({ little_endian: [0x88] }));
  return Buffer.concat([magic, version, system, pickle]);
}

describe("a .pt file that asks for more than its size", () => {
  for (const [kind, make] of Object.entries(HOSTILE_PICKLES)) {
    it(kind, async () => {
      await endsWell(await zipped(make(SIZE)));
      await endsWell(legacy(make(SIZE)));
    });
  }

  // What is not looked at does no harm. Expected: the keys that PyTorch 2.13 gives for the same dictionary.
  it("is read where only what is beside the tensors is odd", async () => {
    for (const kind of [
      "laughs",
      "laughs in lists",
      "keys that collide",
      "a dictionary that holds itself",
    ]) {
      const [{ names }] = await endsWell(await zipped(HOSTILE_PICKLES[kind](10_000)));
      assert.deepEqual(names, ["w"], kind);
    }
    const [{ names }] = await endsWell(await zipped(HOSTILE_PICKLES["names of wrappers"](21_000)));
    assert.deepEqual(names, ["w"]);
  });

  it("a key is not turned into text", async () => {
    for (const kind of ["a key of laughs", "a deep key"]) {
      const [{ error }] = await endsWell(await zipped(HOSTILE_PICKLES[kind](100_000)));
      assert.match(error!.message, /there are no tensors in the file; found the keys "a tuple"/);
    }
  });
});

describe("a tensor with something else in the place of", () => {
  const parts = ["tag", "class", "key", "device", "count", "offset", "shape", "strides", "flag"];
  for (const [part, name] of parts.entries()) {
    it(`its ${name}`, async () => {
      for (const [kind, value] of Object.entries(HOSTILE_VALUES)) {
        const [{ error, names }] = await endsWell(await zipped(tensorWith(part, value)));
        // The device and the flag do not matter.
        if (name === "device" || name === "flag") assert.deepEqual(names, ["w"], kind);
        else assert.ok(error, `${kind} is refused`);
      }
    });
  }
});

const PICKLE = pickleOf(dict({ a: tensor() }));
const NUMBERS = Buffer.from(new Float32Array([1.5, -2]).buffer);

describe("a zip file that lies", () => {
  const plain = () => torchZip(PICKLE, { "0": NUMBERS });
  const CENTRAL = Buffer.from("PK\x01\x02", "latin1");
  const LOCAL = Buffer.from("PK\x03\x04", "latin1");

  /** The positions of an entry's header in the directory and at its own place. */
  function headersOf(zip: Buffer, name: string): { central: number; local: number } {
    const central = zip.lastIndexOf(CENTRAL, zip.lastIndexOf(name));
    return { central, local: zip.lastIndexOf(LOCAL, zip.indexOf(name)) };
  }

  type Change = (zip: Buffer, at: { central: number; local: number }) => void;
  const data = "archive/data/0";
  const lies: [why: string, change: Change, pattern: RegExp | null][] = [
    ["nothing", () => {}, null],
    [
      "other bytes",
      (zip, { local }) => {
        zip[local + 30 + data.length] ^= 1;
      },
      /tensor "a" is damaged: its bytes are not those that were written; found CRC-32 \w{8}/,
    ],
    [
      "another checksum",
      (zip, { central }) => zip.writeUInt32LE(1, central + 16),
      /described otherwise|damaged/,
    ],
    // torch.serialization.set_crc32_options(False) writes 0.
    [
      "no checksum",
      (zip, { central, local }) => [central + 16, local + 14].map((at) => zip.writeUInt32LE(0, at)),
      null,
    ],
    [
      "another name",
      (zip, { local }) => zip.write("X", local + 30),
      /is described otherwise at its own place/,
    ],
    ["another method", (zip, { local }) => zip.writeUInt16LE(8, local + 8), /described otherwise/],
    ["another size", (zip, { local }) => zip.writeUInt32LE(7, local + 18), /described otherwise/],
    [
      "another entry's place",
      (zip, { central }) =>
        zip.writeUInt32LE(headersOf(zip, "archive/byteorder").local, central + 42),
      /described otherwise/,
    ],
    [
      "a place beyond the file",
      (zip, { central }) => zip.writeUInt32LE(0xfffffff0, central + 42),
      /not lie inside|cannot be read/,
    ],
    [
      "a size of 4 GB",
      (zip, { central }) => zip.writeUInt32LE(0xfffffffe, central + 20),
      /cannot be read/,
    ],
    [
      "encryption",
      (zip, { central }) => zip.writeUInt16LE(1, central + 8),
      /encrypted|cannot be read/,
    ],
  ];
  for (const [why, change, pattern] of lies) {
    it(why, async () => {
      const zip = await plain();
      change(zip, headersOf(zip, data));
      const [{ names, error }] = await endsWell(zip);
      if (pattern) assert.match(error?.message ?? "no error", pattern);
      else assert.deepEqual(names, ["a"]);
    });
  }

  it("the pickle's bytes are checked before they are run", async () => {
    const zip = await plain();
    const { local } = headersOf(zip, "archive/data.pkl");
    zip[local + 30 + "archive/data.pkl".length + 3] ^= 1;
    const [{ error }] = await endsWell(zip);
    assert.match(error!.message, /data\.pkl is damaged: its bytes are not those that were written/);
  });

  it("entries in each other are not read many times over", async () => {
    const inner = await zipOf({ "b/data/1": new Uint8Array(100) });
    const zip = await zipOf({ "archive/data.pkl": PICKLE, "archive/data/0": inner });
    // The second entry's place in the directory becomes that of the entry in its bytes.
    const { central } = headersOf(zip, "archive/data/0");
    const innerCentral = inner.indexOf(CENTRAL);
    const record = Buffer.from(inner.subarray(innerCentral, inner.lastIndexOf("PK\x05\x06")));
    record.writeUInt32LE(zip.indexOf(inner), 42);
    const end = zip.lastIndexOf("PK\x05\x06");
    const both = Buffer.concat([zip.subarray(0, end), record, zip.subarray(end)]);
    const newEnd = end + record.length;
    both.writeUInt16LE(3, newEnd + 8);
    both.writeUInt16LE(3, newEnd + 10);
    both.writeUInt32LE(both.readUInt32LE(newEnd + 12) + record.length, newEnd + 12);
    assert.ok(central > 0);
    const [{ error }] = await endsWell(both);
    assert.match(
      error!.message,
      /zip entries "archive\/data\/0" and "b\/data\/1" lie in each other/,
    );
  });

  it("many entries, also with names that collide", async () => {
    const numbers = Array.from({ length: 20_000 }, (_, i) => [`${i * 65_536 + 5}`, ""]);
    const [{ names }] = await endsWell(
      await zipOf({
        "archive/data.pkl": PICKLE,
        "archive/data/0": NUMBERS,
        ...Object.fromEntries(numbers),
      }),
    );
    assert.deepEqual(names, ["a"]);
  });
});

describe("a .safetensors file that asks for more than its size", () => {
  const EMPTY = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  const list = (one: (i: number) => string, size = SIZE) =>
    Array.from({ length: Math.floor(size / (one(0).length + 1)) }, (_, i) => one(i)).join(",");
  const headers: Record<string, () => string> = {
    "many names": () => `{${list((i) => `"w${i}":${EMPTY}`)}}`,
    "names that collide": () => `{${list((i) => `"${i * 65_536 + 5}":${EMPTY}`)}}`,
    "names of large numbers": () => `{${list((i) => `"${i * 2 ** 32}":${EMPTY}`)}}`,
    "many numbers": () => `{${list((i) => `"${i}":0`)}}`,
    "many empty lists": () => `{${list((i) => `"${i}":[]`)}}`,
    "much metadata": () => `{"__metadata__":{${list((i) => `"${i}":""`)}}}`,
    "deep lists": () => `{"a":${"[".repeat(SIZE)}`,
    "deep objects": () => '{"a":'.repeat(SIZE / 5),
    "the same name again and again": () => `{${list(() => `"a":${EMPTY}`)}}`,
    "a long shape": () => `{"a":{"dtype":"F32","shape":[${list(() => "1")}],"data_offsets":[0,4]}}`,
    "a long number": () =>
      `{"a":{"dtype":"F32","shape":[${"9".repeat(SIZE)}],"data_offsets":[0,4]}}`,
    "a long type": () => `{"a":{"dtype":"${"x".repeat(SIZE)}","shape":[],"data_offsets":[0,4]}}`,
    "a long name": () => `{"${"x".repeat(SIZE)}":${EMPTY}}`,
    "a name in escapes": () => `{"${"\\u0041".repeat(SIZE / 6)}":${EMPTY}}`,
    "tensors on each other": () =>
      `{${list((i) => `"w${i}":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}`)}}`,
    "quotes without end": () => `{"${"a".repeat(SIZE)}`,
    "names of JavaScript": () =>
      `{${["__proto__", "constructor", "toString", "hasOwnProperty"].map((key) => `"${key}":${EMPTY}`)}}`,
    "a type of JavaScript": () => '{"a":{"dtype":"__proto__","shape":[],"data_offsets":[0,4]}}',
  };
  for (const [why, header] of Object.entries(headers)) {
    it(why, async () => {
      const bytes = Buffer.from(header());
      await endsWell(
        Buffer.concat([uint64(bytes.length), bytes, new Uint8Array(16)]),
        "safetensors",
      );
    });
  }

  it("a header length that is none", async () => {
    for (const length of [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n, 2n ** 31n, 10n, 1n, 0n]) {
      const bytes = Buffer.concat([uint64(length), Buffer.from("{}")]);
      const [{ error }] = await endsWell(bytes, "safetensors");
      assert.ok(error, `${length}`);
    }
  });
});

describe("what is no file on the disk", { skip: process.platform === "win32" }, () => {
  const pipe = join(folder, "pipe");
  before(() => execFileSync("mkfifo", [pipe]));

  it("is refused before it is opened, which could wait for ever", async () => {
    for (const path of ["/dev/zero", "/dev/full", folder, pipe]) {
      const { error } = await ask({ path, allTensors: true }, 0);
      assert.match(error!.message, /not a regular file/);
    }
  });

  it("is refused in a model's folder and in the hub's cache", async () => {
    const base = fixture("golden-a", "base-model");
    for (const name of ["config.json", "model.safetensors"]) {
      const model = join(folder, `model-${name}`);
      mkdirSync(model);
      for (const file of ["config.json", "model.safetensors"]) {
        symlinkSync(file === name ? pipe : join(base, file), join(model, file));
      }
      await assert.rejects(openModelFolder(model), /not a regular file/);
    }
    const refs = join(folder, "models--gpt2", "refs");
    mkdirSync(refs, { recursive: true });
    symlinkSync(pipe, join(refs, "main"));
    assert.equal(cachedSnapshot({ name: "gpt2", cacheFolder: folder }), undefined);
  });
});

it("texts in an error are cut", async () => {
  const long = "x".repeat(100_000);
  const pickles = [
    pickleOf(dict({ [long]: "N" })),
    pickleOf(["c", long.slice(0, 900), "\n", long.slice(0, 900), "\n"]),
    pickleOf(text(long), text(long), [0x93]),
    pickleOf(dict({ "\x1b[2J\u202e\x07": "N" })),
  ];
  for (const pickle of pickles) {
    const [{ error }] = await endsWell(await torchZip(pickle));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
    assert.doesNotMatch(error!.message, /[\x00-\x1f\x7f-\x9f]/);
  }
});
