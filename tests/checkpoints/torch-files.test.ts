import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { toFloat32 } from "../../src/checkpoints/named-array";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { fixture } from "../golden";
import { assertRefused } from "./refusals";

type Expected = Record<string, { dtype: string; shape: number[]; data: unknown[] }>;

// Values: golden-a/torch-files/expected.json, the tensors that PyTorch 2.13 wrote into every one of these files.
describe("files of torch.save hold what was saved (golden)", () => {
  const weight: number[][] = goldenFile("expected.json")["output.weight"];
  const bias: number[] = goldenFile("expected.json")["output.bias"];
  const float32Files = [
    "zip",
    "legacy",
    "protocol4",
    "plain_dict",
    "parameters",
    "checkpoint",
  ].concat(["module_state_dict", "shared_storage", "transposed_view"]);
  for (const name of [...float32Files, "f64"]) {
    it(`${name}.pt`, async () => {
      const tensors = await readGolden(name);
      assert.deepEqual(tensors.get("output.weight"), { shape: [4, 6], data: weight.flat() });
      assert.deepEqual(tensors.get("output.bias"), { shape: [4], data: bias });
      assert.equal(tensors.size, 2);
    });
  }

  // float16 has 11 significant bits, bfloat16 8: relative errors of half a unit in the last place.
  for (const [name, relativeError] of [
    ["f16", 2 ** -11],
    ["bf16", 2 ** -8],
  ] as const) {
    it(`${name}.pt, rounded`, async () => {
      const { data } = (await readGolden(name)).get("output.weight")!;
      for (const [i, value] of weight.flat().entries()) {
        assert.ok(
          Math.abs(data[i] - value) <= relativeError * Math.abs(value),
          `${data[i]} ${value}`,
        );
      }
    });
  }

  it("int64.pt", async () => {
    // torch.arange(24) − 7 and torch.arange(4), as the file's bytes show.
    const tensors = await readGolden("int64");
    assert.deepEqual(
      tensors.get("output.weight")?.data,
      Array.from({ length: 24 }, (_, i) => i - 7),
    );
    assert.deepEqual(tensors.get("output.bias")?.data, [0, 1, 2, 3]);
  });

  it("empty.pt is an empty state dict", async () => {
    assert.equal((await readGolden("empty")).size, 0);
  });

  it("scalar_and_empty.pt", async () => {
    const tensors = await readGolden("scalar_and_empty");
    assert.deepEqual(tensors.get("s"), { shape: [], data: [2.5] });
    assert.deepEqual(tensors.get("e"), { shape: [0, 3], data: [] });
  });

  it("malicious.pt is refused by what it asks for, and does not run", async () => {
    const path = fixture("golden-a", "torch-files", "malicious.pt");
    await assertRefused(() => openCheckpoint(path), /malicious\.pt.*posix\.system/);
    assert.ok(!readdirSync(process.cwd()).includes("PWNED"));
  });
});

// Values: tests/fixtures/torch-files/make.py, which writes them beside the files.
describe("files of torch.save hold what was saved (own)", () => {
  const folder = fixture("torch-files");
  const expected: Record<string, Expected> = JSON.parse(
    readFileSync(fixture("torch-files", "expected.json"), "utf8"),
  );
  for (const [file, tensors] of Object.entries(expected)) {
    it(file, async () => {
      const allTensors = file.startsWith("structure_");
      const source = await openCheckpoint(`${folder}/${file}`, { allTensors });
      assert.deepEqual([...source.names].sort(), Object.keys(tensors).sort());
      for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
        const array = source.read(name);
        assert.deepEqual(source.info(name), { dtype, shape });
        assert.deepEqual({ dtype: array.dtype, shape: array.shape }, { dtype, shape });
        const values: unknown[] = [...array.data];
        const numbers = values.map((value) => (typeof value === "bigint" ? `${value}` : value));
        assert.deepEqual(
          numbers,
          data.map((value) => (typeof value === "boolean" ? Number(value) : value)),
        );
        // Owns exactly its bytes.
        assert.equal(array.data.buffer.byteLength, array.data.byteLength);
      }
      source.close();
    });
  }

  // Every kind that torch.load(weights_only=True) of PyTorch 2.13 reads from beside.pt.
  const kinds = {
    float8_e4m3fn: "torch.float8_e4m3fn",
    float8_e5m2: "torch.float8_e5m2",
    float8_e8m0fnu: "torch.float8_e8m0fnu",
    uint16: "torch.uint16",
    uint32: "torch.uint32",
    uint64: "torch.uint64",
    complex32: "torch.complex32",
    complex64: "torch.ComplexFloatStorage",
    complex128: "torch.ComplexDoubleStorage",
    coo: "one made by torch._utils._rebuild_sparse_tensor",
    csr: "one made by torch._utils._rebuild_sparse_tensor",
    quantized: "one made by torch._utils._rebuild_qtensor",
    quantized_channels: "one made by torch._utils._rebuild_qtensor",
    nested: "one made by torch._utils._rebuild_nested_tensor",
    meta: "one made by torch._utils._rebuild_meta_tensor_no_storage",
    negated: "one that is lazily conjugated or negated",
    conjugated: "one that is lazily conjugated or negated",
    parameter: "torch.ComplexFloatStorage",
  };
  for (const file of ["beside.pt", "legacy_beside.pt"]) {
    it(`${file}: what is not supported matters only if it is asked for`, async () => {
      const source = await openCheckpoint(`${folder}/${file}`);
      assert.deepEqual(source.names, ["first", "last"]);
      assert.deepEqual(Object.fromEntries(source.unreadable), kinds);
      for (const [name, kind] of Object.entries(kinds)) {
        const reason = new RegExp(
          `tensor "${name}" is of a kind .* found ${kind}, expected a dense`,
        );
        await assertRefused(() => source.info(name), reason);
        await assertRefused(() => source.read(name), reason);
      }
      source.close();
    });
  }

  it("a file that holds no state dict is none", async () => {
    const refused = (name: string, reason: RegExp) =>
      assertRefused(() => openCheckpoint(`${folder}/structure_${name}.pt`), reason);
    for (const name of ["bare", "parameter", "list", "tuple", "list_of_state_dicts"]) {
      await refused(name, /does not hold a dictionary of tensors; found a/);
    }
    for (const name of ["by_layer", "other_keys", "number_and_text"]) {
      await refused(name, /a tensor's name is not a text; found a number/);
    }
    await refused("checkpoint_of_layers", /no tensors in the file; found the keys "probes"/);
    await refused("shared", /no tensors in the file; found the keys "a", "b"/);
  });

  const reasons: Record<string, RegExp> = {
    complex: /torch\.ComplexFloatStorage/,
    meta: /_rebuild_meta_tensor_no_storage/,
    module: /torch\.nn\.modules\.container\.Sequential.*state_dict/,
    negated: /negated.*resolve_neg/,
    sparse: /_rebuild_sparse_tensor/,
    tensor: /does not hold a dictionary of tensors/,
    uint16: /torch\.uint16/,
  };
  for (const [name, reason] of Object.entries(reasons)) {
    it(`refused_${name}.pt is refused by name`, () =>
      assertRefused(() => openCheckpoint(`${folder}/refused_${name}.pt`), reason));
  }
});

// Values: the same model in safetensors, written by Hugging Face.
it("pytorch_model.bin holds the tensors of model.safetensors", async () => {
  const bin = await openCheckpoint(fixture("golden-a", "base-model-bin", "pytorch_model.bin"));
  const safetensors = await openCheckpoint(fixture("golden-a", "base-model", "model.safetensors"));
  for (const name of safetensors.names) {
    assert.deepEqual(bin.read(name), safetensors.read(name), name);
  }
  // The tied unembedding stands only in the .bin.
  assert.deepEqual(bin.read("lm_head.weight"), safetensors.read("transformer.wte.weight"));
  assert.equal(bin.names.length, safetensors.names.length + 1);
  bin.close();
  safetensors.close();
});

it("a missing name is an error, and so is reading after closing", async () => {
  const source = await openCheckpoint(fixture("golden-a", "torch-files", "zip.pt"));
  await assertRefused(() => source.read("nope"), /no tensor "nope"; found "output\.weight"/);
  await assertRefused(() => source.info("nope"), /no tensor "nope"/);
  source.close();
  source.close();
  await assertRefused(() => source.read("output.bias"), /has been closed/);
});

function goldenFile(name: string) {
  return JSON.parse(readFileSync(fixture("golden-a", "torch-files", name), "utf8"));
}

async function readGolden(name: string): Promise<Map<string, { shape: number[]; data: number[] }>> {
  const source = await openCheckpoint(fixture("golden-a", "torch-files", `${name}.pt`));
  const tensors = new Map(
    source.names.map((key) => {
      const array = source.read(key);
      return [key, { shape: [...array.shape], data: [...toFloat32(array, key)] }];
    }),
  );
  source.close();
  return tensors;
}
