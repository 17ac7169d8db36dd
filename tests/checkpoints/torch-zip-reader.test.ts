import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { assertRefused } from "./refusals";
import { put, temporaryFolder } from "./temporary-folder";
import {
  type Bytes,
  bytesOf,
  dict,
  global,
  int,
  pickleOf,
  type TensorOpcodes,
  tensor,
  text,
  torchZip,
  tuple,
  uint32,
  uint64,
  zipOf,
} from "./torch-file-bytes";

const folder = temporaryFolder();
let files = 0;

/** 1.5 and −2 as float32. */
const NUMBERS = Buffer.from(new Float32Array([1.5, -2]).buffer);

async function open(bytes: Uint8Array) {
  return openCheckpoint(put(folder, `${files++}.pt`, bytes));
}

async function openPickle(...opcodes: readonly Bytes[]) {
  return open(await torchZip(pickleOf(...opcodes), { "0": NUMBERS }));
}

async function openTensor(options: TensorOpcodes = {}) {
  return openPickle(dict({ a: tensor(options) }));
}

async function valuesOf(options: TensorOpcodes): Promise<number[]> {
  const source = await openTensor(options);
  const values = [...(source.read("a").data as Float32Array)];
  source.close();
  return values;
}

describe("what a pickle may say", () => {
  it("plain tensors, whatever device they were on", async () => {
    for (const device of ["cpu", "cuda:0", "mps:0", "anything"]) {
      assert.deepEqual(await valuesOf({ device }), [1.5, -2], device);
    }
  });

  it("views: offset, strides, repeated elements", async () => {
    assert.deepEqual(await valuesOf({ offset: int(1), shape: tuple(int(1)) }), [-2]);
    assert.deepEqual(
      await valuesOf({ shape: tuple(int(3)), strides: tuple(int(0)) }),
      [1.5, 1.5, 1.5],
    );
    const shape = tuple(int(2), int(2));
    assert.deepEqual(await valuesOf({ shape, strides: tuple(int(0), int(1)) }), [1.5, -2, 1.5, -2]);
    assert.deepEqual(await valuesOf({ shape: tuple(), strides: tuple() }), [1.5]);
  });

  it("rebuild functions of old and new versions", async () => {
    const id = (storageClass: Bytes, count: number) => [
      tuple(text("storage"), storageClass, text("0"), text("cpu"), int(count)),
      "Q",
    ];
    const rebuild = (name: string, ...args: readonly Bytes[]) => [
      global("torch._utils", name),
      tuple(...args),
      "R",
    ];
    const one = tuple(int(1));
    const two = tuple(int(2));
    const float = id(global("torch", "FloatStorage"), 2);
    const bytes = id(global("torch.storage", "UntypedStorage"), 8);
    for (const opcodes of [
      rebuild("_rebuild_tensor", float, int(0), two, one),
      rebuild("_rebuild_tensor_v2", float, int(0), two, one, 0x89, "N", "}"),
      rebuild(
        "_rebuild_tensor_v3",
        bytes,
        int(0),
        two,
        one,
        0x89,
        "N",
        global("torch", "float32"),
        "N",
      ),
      rebuild("_rebuild_parameter", tensor(), 0x88, "N"),
      rebuild("_rebuild_parameter_with_state", tensor(), 0x88, "N", "}"),
    ]) {
      const source = await openPickle(dict({ a: opcodes }));
      assert.deepEqual([...source.read("a").data], [1.5, -2]);
      source.close();
    }
  });

  it("an OrderedDict of Python 2, texts of Python 2, POP, DUP and a mark that is dropped", async () => {
    const pair = (key: string) => ["](", "U", key.length, key, tensor(), "e"];
    const items = ["](", pair("a"), pair("b"), "e"];
    const source = await openPickle(
      ["N", "0", "(", "0", "(", "N", "1", "N", "2", "0", "0"],
      [global("collections", "OrderedDict"), tuple(items), "R"],
    );
    assert.deepEqual(source.names, ["a", "b"]);
    source.close();
  });

  it("storages that hold more than the tensors say", async () => {
    assert.deepEqual(await valuesOf({ storageCount: int(1), shape: tuple(int(1)) }), [1.5]);
  });
});

describe("what a pickle may not say", () => {
  const refusals: [what: string, reason: RegExp, ...opcodes: Bytes[]][] = [
    ["os.system", /"os\.system"/, global("os", "system"), text("true"), 0x85, "R"],
    ["builtins.eval", /"builtins\.eval"/, global("builtins", "eval")],
    ["by STACK_GLOBAL", /"builtins\.exec"/, text("builtins"), text("exec"), 0x93],
    ["names of other kinds", /not a text/, int(1), int(2), 0x93],
    ["getattr on torch", /"torch\.nn\.Module"/, global("torch.nn", "Module")],
    ["names with dots", /"torch\._utils\.os\.system"/, global("torch._utils", "os.system")],
    ["calling a value", /calls a text/, text("a"), tuple(), "R"],
    ["calling a dtype", /"torch\.float32\(a tuple\)"/, global("torch", "float32"), tuple(), "R"],
    [
      "arguments that are no tuple",
      /OrderedDict\(a text\)/,
      global("collections", "OrderedDict"),
      text("a"),
      "R",
    ],
    ["INST", /INST/, "(ios\nsystem\n"],
    ["OBJ", /OBJ/, "(", global("collections", "OrderedDict"), "o"],
    ["NEWOBJ of others", /"os\.system"/, global("os", "system"), tuple(), 0x81],
    ["NEWOBJ_EX", /NEWOBJ_EX/, global("collections", "OrderedDict"), tuple(), "}", 0x92],
    ["extension registry", /EXT1/, 0x82, 1],
    ["extension registry, 2 bytes", /EXT2/, 0x83, 1, 0],
    ["extension registry, 4 bytes", /EXT4/, 0x84, uint32(1)],
    ["out-of-band buffers", /NEXT_BUFFER/, 0x97],
    ["protocol 0", /INT of protocol 0/, "I1\n"],
    ["persistent ids of protocol 0", /PERSID/, "Px\n"],
    ["an unknown opcode", /unknown opcode 0xff/, 0xff],
    [
      "attributes of a function",
      /attributes of collections\.OrderedDict/,
      global("collections", "OrderedDict"),
      "}b",
    ],
    ["attributes of a tensor", /attributes of a tensor/, tensor(), "}b"],
    ["other persistent ids", /not a storage; found \["module"\]/, tuple(text("module")), "Q"],
    ["persistent ids that are no tuple", /not a storage; found a text/, text("0"), "Q"],
    ["unknown storage classes", /"torch\.LargeStorage"/, global("torch", "LargeStorage")],
    ["a memo entry that was never set", /memo entry 7/, "h", 7],
    ["an empty stack", /empty stack/, "0"],
    ["values below a mark", /empty stack/, "N(", 0x85],
    ["a mark that is not there", /no.*mark|mark where there is none/, "t"],
    ["a key without a value", /key without a value/, "}(", text("a"), "u"],
    ["items of a text", /sets a key of a text/, text("a"), text("b"), "Ns"],
    ["appending to a tuple", /appends to a tuple/, tuple(), "Na"],
    ["adding to a list", /adds to a list/, "](N", 0x90],
    ["a text that is not UTF-8", /not UTF-8/, "X", uint32(1), 0xff],
    ["a text longer than the file", /ends too early/, "X", uint32(0xffffffff), "a"],
    ["a text longer than 2⁵³", /ends too early/, 0x8d, uint64(2n ** 64n - 1n), "a"],
    ["bytes longer than the file", /ends too early/, 0x8e, uint64(2n ** 62n), "a"],
    [
      "an integer of 300 bytes",
      /too many bytes in an integer/,
      0x8b,
      uint32(300),
      new Uint8Array(300),
    ],
    ["a global's name without end", /line that is too long/, `c${"a".repeat(2000)}`],
    [
      "an OrderedDict of numbers",
      /not made of pairs/,
      global("collections", "OrderedDict"),
      tuple(int(1)),
      "R",
    ],
    [
      "a Parameter of nothing",
      /Parameter is not made of a tensor/,
      global("torch._utils", "_rebuild_parameter"),
      tuple(),
      "R",
    ],
    [
      "attributes of a tensor that a class makes",
      /made by something else; found collections\.OrderedDict of a tuple/,
      global("torch._tensor", "_rebuild_from_type_v2"),
      tuple(global("collections", "OrderedDict"), global("torch", "Tensor"), tuple(), "}"),
      "R",
    ],
    [
      "a tensor of nothing",
      /not made of a storage/,
      global("torch._utils", "_rebuild_tensor_v2"),
      tuple(),
      "R",
    ],
  ];
  for (const [what, reason, ...opcodes] of refusals) {
    it(what, () => assertRefused(() => openPickle(...opcodes), reason));
  }

  it("protocols 0, 1 and 6", async () => {
    for (const protocol of [0, 1, 6, 255]) {
      const pickle = bytesOf(0x80, protocol, "}.");
      await assertRefused(async () => open(await torchZip(pickle)), /protocol.*found.*2 to 5/);
    }
  });

  it("roots that are no dictionary, dictionaries without tensors, names that are no text", async () => {
    await assertRefused(() => openPickle("N"), /dictionary of tensors; found None/);
    await assertRefused(() => openPickle("]"), /found a list/);
    await assertRefused(
      () => openPickle(dict({ epoch: int(3) })),
      /no tensors.*"epoch".*"state_dict"/,
    );
    await assertRefused(
      () => openPickle("}", int(1), tensor(), "s"),
      /name is not a text; found a number/,
    );
  });

  it("a dictionary that holds itself", () =>
    assertRefused(() => openPickle("}q", 0, text("model"), "h", 0, "s"), /nested too deeply/));
});

describe("what a tensor may not say", () => {
  const huge = [0x8a, 8, uint64(2n ** 62n)];
  const refusals: [what: string, reason: RegExp, options: TensorOpcodes][] = [
    ["beyond its storage", /reaches beyond it/, { shape: tuple(int(3)) }],
    ["beyond it by its offset", /reaches beyond it/, { offset: int(1) }],
    ["beyond it by its strides", /reaches beyond it/, { strides: tuple(int(2)) }],
    ["before it", /reaches beyond it/, { offset: int(-1), shape: tuple(int(1)) }],
    ["negative sizes", /impossible shape/, { shape: tuple(int(-1)) }],
    ["negative strides", /impossible shape or strides/, { strides: tuple(int(-1)) }],
    ["fewer strides than axes", /impossible shape or strides/, { strides: tuple() }],
    ["a shape that is a text", /found a text with strides/, { shape: text("a") }],
    ["a size beyond 2⁵³", /impossible shape/, { shape: tuple(huge) }],
    [
      "too many elements to count",
      /impossible shape/,
      {
        shape: tuple(...new Array(5).fill(int(2 ** 30))),
        strides: tuple(...new Array(5).fill(int(0))),
      },
    ],
    [
      "100 axes",
      /impossible shape/,
      {
        shape: tuple(...new Array(100).fill(int(1))),
        strides: tuple(...new Array(100).fill(int(1))),
      },
    ],
    [
      "one element a million million times",
      /repeats its elements too often/,
      {
        shape: tuple(int(1_000_000), int(1_000_000)),
        strides: tuple(int(0), int(0)),
      },
    ],
    [
      "a storage larger than the file",
      /storage "0" is missing or too short/,
      {
        storageCount: int(1_000_000_000),
        shape: tuple(int(1_000_000_000)),
      },
    ],
    ["a storage with a negative size", /impossible size/, { storageCount: int(-1) }],
    ["a storage of 2⁶² elements", /impossible size/, { storageCount: huge }],
    ["a storage that is not there", /storage "9" is missing/, { key: "9" }],
    [
      "a storage elsewhere in the zip file",
      /storage "\.\.\/version" is missing/,
      {
        key: "../version",
        storageCount: int(0),
        shape: tuple(int(0)),
      },
    ],
  ];
  for (const [what, reason, options] of refusals) {
    it(what, () => assertRefused(() => openTensor(options), reason));
  }

  it("one storage in two ways", () => {
    const half = { storageClass: global("torch", "HalfStorage") };
    return assertRefused(
      () => openPickle(dict({ a: tensor(), b: tensor(half) })),
      /storage "0" is described in two ways/,
    );
  });
});

describe("zip files", () => {
  const pickle = pickleOf(dict({ a: tensor() }));

  it("compressed entries are refused by name", async () => {
    const bytes = await zipOf({ "archive/data.pkl": pickle, "archive/data/0": NUMBERS }, true);
    await assertRefused(() => open(bytes), /data\.pkl" is compressed; found deflate/);
  });

  it("big-endian files are refused by name", async () => {
    const entries = { "a/data.pkl": pickle, "a/byteorder": "big", "a/data/0": NUMBERS };
    await assertRefused(async () => open(await zipOf(entries)), /byte order.*found "big"/);
  });

  it("TorchScript is refused by name", async () => {
    const entries = { "a/data.pkl": pickle, "a/constants.pkl": pickle };
    await assertRefused(async () => open(await zipOf(entries)), /TorchScript/);
  });

  it("files without or with two pickles", async () => {
    await assertRefused(
      async () => open(await zipOf({ "a.txt": "" })),
      /not written by torch\.save/,
    );
    const entries = { "a/data.pkl": pickle, "b/data.pkl": pickle };
    await assertRefused(async () => open(await zipOf(entries)), /found 2 entries/);
    await assertRefused(
      async () => open(await zipOf({ "a/b/data.pkl": pickle })),
      /found 0 entries/,
    );
  });

  it("paths that lead out of the file", async () => {
    const bytes = await zipOf({ "a/data.pkl": pickle, "aa/data/0": NUMBERS });
    const evil = Buffer.from(
      bytes.toString("latin1").replaceAll("aa/data/0", "../data/0"),
      "latin1",
    );
    await assertRefused(() => open(evil), /invalid relative path/);
  });

  it("one name twice", async () => {
    const bytes = await zipOf({ "a/data.pkl": pickle, "a/data.pkk": pickle });
    const twice = Buffer.from(
      bytes.toString("latin1").replaceAll("data.pkk", "data.pkl"),
      "latin1",
    );
    await assertRefused(() => open(twice), /"a\/data\.pkl" is there twice/);
  });

  it("a file cut short at every byte", async () => {
    const bytes = await torchZip(pickle, { "0": NUMBERS });
    for (let length = 0; length < bytes.length; length++) {
      await assertRefused(() => open(bytes.subarray(0, length)), /\.pt: /);
    }
  });

  it("a directory that says it has 2⁶⁴ entries, or stands at 2⁶⁴", async () => {
    const zip64 = (entries: bigint, offset: bigint) =>
      bytesOf(
        ["PK", 3, 4, new Uint8Array(26)],
        // The zip64 end of the directory, where it is, and the end of the directory.
        [
          "PK",
          6,
          6,
          uint64(44),
          new Uint8Array(12),
          uint64(entries),
          uint64(entries),
          uint64(0),
          uint64(offset),
        ],
        ["PK", 6, 7, uint32(0), uint64(30), uint32(1)],
        ["PK", 5, 6, new Uint8Array(18)],
      );
    await assertRefused(() => open(zip64(2n ** 64n - 1n, 0n)), /too many entries/);
    await assertRefused(() => open(zip64(1n, 2n ** 64n - 1n)), /not lie inside the file/);
    await assertRefused(() => open(zip64(1n, 0n)), /directory cannot be read/);
  });
});

describe("limits", () => {
  const filled = (bytes: readonly number[], length: number) =>
    Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length]);
  const limits: [what: string, reason: RegExp, bytes: number[], length: number][] = [
    ["values", /more memory than its size justifies/, [0x4e], 10_000_000],
    ["dictionaries", /more memory than its size justifies/, [0x7d], 400_000],
    ["tuples", /more memory than its size justifies/, [0x29], 1_200_000],
    ["open marks", /too many open marks/, [0x28], 2_000],
    ["memo entries", /more memory than its size justifies/, [0x94], 10_000_000],
  ];
  for (const [what, reason, bytes, length] of limits) {
    it(what, () => assertRefused(() => openPickle("N", filled(bytes, length)), reason));
  }

  it("nested tuples, 100,000 deep, are no trouble", async () => {
    const source = await openPickle(
      filled([0x29], 1),
      filled([0x85], 99_000),
      "0",
      dict({ a: tensor() }),
    );
    assert.deepEqual(source.names, ["a"]);
    source.close();
  });
});

describe("state dicts", () => {
  it("under usual keys, the head before the model it was trained on, beside other values", async () => {
    const nested = (key: string) => dict({ epoch: int(1), [key]: dict({ a: tensor() }) });
    for (const key of [
      "state_dict",
      "model_state_dict",
      "model",
      "module",
      "head",
      "head_state_dict",
    ]) {
      const source = await openPickle(nested(key));
      assert.deepEqual(source.names, ["a"], key);
      source.close();
    }
    const both = await openPickle(
      dict({ model: dict({ b: tensor() }), head: dict({ a: tensor() }) }),
    );
    assert.deepEqual(both.names, ["a"]);
    both.close();
  });

  it("wrappers go from names wherever they stand, if that leaves all names different", async () => {
    const namesOf = async (...names: string[]) => {
      const source = await openPickle(dict(Object.fromEntries(names.map((n) => [n, tensor()]))));
      source.close();
      return source.names;
    };
    assert.deepEqual(await namesOf("module.a", "module.b"), ["a", "b"]);
    assert.deepEqual(await namesOf("module._orig_mod.a.weight", "b"), ["a.weight", "b"]);
    assert.deepEqual(await namesOf("a._orig_mod.weight", "b.module.weight"), [
      "a.weight",
      "b.weight",
    ]);
    assert.deepEqual(await namesOf("module", "a.module"), ["module", "a.module"]);
    assert.deepEqual(await namesOf("modules.a", "my_module.b"), ["modules.a", "my_module.b"]);
    assert.deepEqual(await namesOf("module.a", "a", "module.b"), ["module.a", "a", "module.b"]);
    assert.deepEqual(await namesOf(`${"module.".repeat(3000)}a`), ["a"]);
  });
});
