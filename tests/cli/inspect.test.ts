import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden } from "../golden";
import { run, runJson } from "./run";

const folder = temporaryFolder();
const GOLDEN_FILES = fixture("golden-a", "torch-files");
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

describe("tslens inspect --json --values: golden-a/torch-files", () => {
  // PyTorch wrote the files; expected.json holds what it wrote, as float32.
  const expected: Record<string, unknown> = json(join(GOLDEN_FILES, "expected.json"));
  const half = { "f16.pt": ["float16", 2 ** -11], "bf16.pt": ["bfloat16", 2 ** -8] } as const;
  const others = ["empty.pt", "int64.pt", "malicious.pt", "scalar_and_empty.pt", "expected.json"];

  for (const file of readdirSync(GOLDEN_FILES).filter((name) => !others.includes(name))) {
    it(file, async () => {
      const { tensors, config } = await runJson("inspect", join(GOLDEN_FILES, file), "--values");
      const [dtype, rounding] = half[file as "f16.pt"] ?? [
        file === "f64.pt" ? "float64" : "float32",
        0,
      ];
      assert.deepEqual(Object.keys(tensors), Object.keys(expected));
      for (const [name, values] of Object.entries(expected)) {
        assert.equal(tensors[name].dtype, dtype);
        const found = (tensors[name].values as number[][]).flat();
        (values as number[][]).flat().forEach((value, i) => {
          assert.ok(Math.abs(found[i] - value) <= rounding * Math.abs(value), `${found[i]}`);
        });
        if (rounding === 0) assert.deepEqual(tensors[name].values, values);
      }
      assert.equal(config, null);
    });
  }

  it("int64.pt: whole numbers", async () => {
    const { tensors } = await runJson("inspect", join(GOLDEN_FILES, "int64.pt"), "--values");
    assert.deepEqual(tensors["output.bias"].values, [0, 1, 2, 3]);
    // −7 … 16: of n consecutive numbers, the variance is (n² − 1) / 12.
    const { values, ...report } = tensors["output.weight"];
    assert.deepEqual(
      values.flat(),
      Array.from({ length: 24 }, (_, i) => i - 7),
    );
    assert.deepEqual(report, {
      dtype: "int64",
      shape: [4, 6],
      mean: 4.5,
      std: Math.sqrt((24 ** 2 - 1) / 12),
      min: -7,
      max: 16,
    });
  });

  it("scalar_and_empty.pt: a scalar is a number, an empty tensor an empty list", async () => {
    const file = join(GOLDEN_FILES, "scalar_and_empty.pt");
    const { tensors } = await runJson("inspect", file, "--values");
    assert.deepEqual(tensors, {
      s: { dtype: "float32", shape: [], mean: 2.5, std: 0, min: 2.5, max: 2.5, values: 2.5 },
      e: {
        ...{ dtype: "float32", shape: [0, 3], mean: null, std: null, min: null, max: null },
        values: [],
      },
    });
  });

  it("empty.pt: no tensors", async () => {
    const result = await runJson("inspect", join(GOLDEN_FILES, "empty.pt"), "--values");
    assert.deepEqual(result, { tensors: {}, config: null });
  });

  it("malicious.pt is refused by name", async () => {
    const { code, stdout, stderr } = await run("inspect", join(GOLDEN_FILES, "malicious.pt"));
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^tslens: .*malicious\.pt: .*"posix\.system".*refused.*\n$/);
  });
});

describe("tslens inspect --json --values: files of tests/fixtures/torch-files", () => {
  // PyTorch wrote the files and expected.json, elements as a flat list.
  type Expected = Record<string, { dtype: string; shape: number[]; data: number[] }>;
  const expected: Record<string, Expected> = json(fixture("torch-files", "expected.json"));
  for (const file of ["views.pt", "legacy_dtypes.pt", "names.pt"]) {
    it(file, async () => {
      const { tensors } = await runJson("inspect", fixture("torch-files", file), "--values");
      assert.deepEqual(Object.keys(tensors).sort(), Object.keys(expected[file]).sort());
      for (const [name, { dtype, shape, data }] of Object.entries(expected[file])) {
        assert.deepEqual([tensors[name].dtype, tensors[name].shape], [dtype, shape], name);
        const values = [tensors[name].values].flat(shape.length).map(Number);
        assert.deepEqual(values, data.map(Number), name);
      }
    });
  }
});

// Names and values: tests/fixtures/torch-files/make.py.
describe("tslens inspect: tensors of any structure", () => {
  const expected: Record<string, Record<string, unknown>> = json(
    fixture("torch-files", "expected.json"),
  );
  for (const file of Object.keys(expected).filter((name) => name.startsWith("structure_"))) {
    it(file, async () => {
      const { tensors } = await runJson("inspect", fixture("torch-files", file));
      assert.deepEqual(Object.keys(tensors).sort(), Object.keys(expected[file]).sort());
    });
  }

  it("shows what it can read beside what it cannot, and says what it does not show", async () => {
    for (const file of ["beside.pt", "legacy_beside.pt"]) {
      const path = fixture("torch-files", file);
      const { code, stdout, stderr } = await run("inspect", path, "--json");
      assert.equal(code, 0);
      const { tensors } = JSON.parse(stdout);
      assert.deepEqual(Object.keys(tensors), ["first", "last"]);
      assert.match(stderr, /^Note: "uint16" is not shown: it is torch\.uint16$/m);
      assert.equal(stderr.match(/^Note: .* is not shown: it is .*$/gm)?.length, 18);
    }
    const model = fixture("gpt2-files", "float8_beside");
    const { code, stdout, stderr } = await run("inspect", model);
    assert.equal(code, 0);
    assert.match(stdout, /: 28 tensors$/m);
    assert.match(stderr, /"other\.scale" is not shown: it is F8_E4M3$/m);
  });

  it("refuses a file without any tensor that it can read", async () => {
    const { code, stdout, stderr } = await run(
      "inspect",
      fixture("torch-files", "refused_sparse.pt"),
    );
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^tslens: .* tensor "s" is of a kind that is not supported; found .*\n$/);
  });
});

describe("tslens inspect: numbers that JSON does not have", () => {
  it("NaN and infinities become null, and are counted; int64 beyond 2^53 becomes text", async () => {
    const file = join(folder, "odd.safetensors");
    const odd = new Float32Array([1, Number.NaN, 3]);
    const masked = new Float32Array([Number.NEGATIVE_INFINITY, 2, 4]);
    const large = new BigInt64Array([2n ** 60n, -5n]);
    await writeSafetensors(
      file,
      new Map([
        ["odd", { dtype: "float32", shape: [3], data: odd }],
        ["masked", { dtype: "float32", shape: [3], data: masked }],
        ["large", { dtype: "int64", shape: [2], data: large }],
      ]),
    );
    const { tensors } = await runJson("inspect", file, "--values");
    const none = { mean: null, std: null, min: null, max: null, non_finite: 1 };
    const common = { dtype: "float32", shape: [3] };
    assert.deepEqual(tensors.odd, { ...common, ...none, values: [1, null, 3] });
    assert.deepEqual(tensors.masked, { ...common, ...none, max: 4, values: [null, 2, 4] });
    assert.deepEqual(tensors.large.values, [String(2n ** 60n), -5]);
  });
});

describe("tslens inspect: directories", () => {
  const { dir } = golden().heads.classification_linear;

  it("a run directory: best_model, without it final_model, each with its config.json", async () => {
    const run = join(folder, "run");
    cpSync(fixture("golden-a", dir), run, { recursive: true });
    put(join(run, "final_model"), "config.json", '{"epoch": "last"}');
    const best = await runJson("inspect", run);
    assert.deepEqual(best.config, json(join(run, "best_model", "config.json")));
    assert.deepEqual(best, await runJson("inspect", join(run, "best_model")));
    rmSync(join(run, "best_model"), { recursive: true });
    assert.deepEqual((await runJson("inspect", run)).config, { epoch: "last" });
  });

  it("base models: one file, shards and .bin hold the same", async () => {
    const [single, sharded, bin] = await Promise.all(
      ["base-model", "base-model-sharded", "base-model-bin"].map((name) =>
        runJson("inspect", fixture("golden-a", name)),
      ),
    );
    assert.equal(single.config.n_embd, 48);
    assert.deepEqual(single.tensors["transformer.wte.weight"].shape, [300, 48]);
    assert.deepEqual(sharded.tensors, single.tensors);
    for (const [name, report] of Object.entries(single.tensors)) {
      assert.deepEqual(bin.tensors[name], report, name);
    }
  });

  it("weights that are a link to nothing are passed over, and it says so", async () => {
    const model = join(folder, "dangling");
    cpSync(fixture("gpt2-files", "tied_both_bin"), model, { recursive: true });
    symlinkSync("gone", join(model, "model.safetensors"));
    const { code, stdout, stderr } = await run("inspect", model, "--json");
    assert.equal(code, 0);
    assert.equal(Object.keys(JSON.parse(stdout).tensors).length, 29);
    assert.match(stderr, /^Note: .*model\.safetensors: this is a link .*; pytorch_model\.bin is/);
    rmSync(join(model, "pytorch_model.bin"));
    const refused = await run("inspect", model);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^tslens: .*model\.safetensors: this is a link to a file that is/);
  });

  it("a folder without config.json is an error that says how to see the tensors", async () => {
    const without = join(folder, "no-config");
    cpSync(fixture("golden-a", dir, "best_model"), without, { recursive: true });
    renameSync(join(without, "config.json"), join(without, "config.txt"));
    const { code, stdout, stderr } = await run("inspect", without, "--json");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^tslens: .*no-config: there is no config\.json.*inspect .*head\.pt\.\n$/);
    assert.equal((await runJson("inspect", join(without, "head.pt"))).config, null);
  });

  it("as text: a table, the numbers and the configuration; no control characters", async () => {
    const path = join(folder, "run", "final_model");
    put(path, "config.json", '{"note": "\\u001b[2Jcleared"}');
    const { code, stdout } = await run("inspect", path, "--values");
    assert.equal(code, 0);
    assert.match(stdout, /^output\.weight +float32 +\[6, 48\] /m);
    assert.match(stdout, /^\[\[-?\d/m);
    assert.doesNotMatch(stdout.replaceAll("\n", ""), /\p{Cc}/u);
  });
});
