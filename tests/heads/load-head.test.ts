import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { writeStateDict } from "../../src/checkpoints/torch-writer";
import { CheckpointError, HeadConfigError } from "../../src/errors";
import { loadHead } from "../../src/heads/load-head";
import { runName } from "../../src/heads/run-folders";
import { assertRefused } from "../checkpoints/refusals";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { bytesOf, uint64 } from "../checkpoints/torch-file-bytes";
import { fixture, golden } from "../golden";

const folder = temporaryFolder();
let folders = 0;

function goldenRun(name: string): string {
  return fixture("golden-a", (golden().heads[name] as { dir: string }).dir);
}

const HEADS = readdirSync(fixture("golden-a", "heads"));

/** A folder with a head: float32 tensors of these shapes, all 0.5, and this config.json. */
async function headFolder(
  config: unknown,
  shapes: Readonly<Record<string, readonly number[]>>,
  tensors: Readonly<Record<string, NamedArray>> = {},
): Promise<string> {
  const path = join(folder, `head${folders++}`);
  mkdirSync(path);
  put(path, "config.json", JSON.stringify(config));
  const filled = Object.entries(shapes).map(([name, shape]): [string, NamedArray] => {
    const count = shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: "float32", shape, data: new Float32Array(count).fill(0.5) }];
  });
  await writeStateDict(join(path, "head.pt"), new Map([...filled, ...Object.entries(tensors)]));
  return path;
}

const REGRESSION = {
  head_type: "regression",
  target_layer: 0,
  target_neuron: 0,
  d_model: 3,
  head_config: { input_dim: 3 },
};
const REGRESSION_SHAPES = { "output.weight": [1, 3], "output.bias": [1] };
const HIDDEN = { ...REGRESSION, head_config: { input_dim: 3, hidden_dim: 2, activation: "relu" } };
const CLASSES = {
  ...REGRESSION,
  head_type: "classification",
  head_config: { input_dim: 3, num_classes: 2 },
};
const CLASSES_SHAPES = { "output.weight": [2, 3], "output.bias": [2] };
const TOKEN = { ...REGRESSION, head_type: "token" };

describe("the golden heads", () => {
  for (const name of HEADS) {
    it(`${name}: best_model and final_model, as a run and as a folder`, async () => {
      const run = goldenRun(name);
      const best = await loadHead(run);
      assert.equal(best.directory, join(run, "best_model"));
      assert.equal(best.headFile, join(run, "best_model", "head.pt"));
      assert.equal(best.configFile, join(run, "best_model", "config.json"));
      assert.equal(
        `heads/${name}/${runName(best.directory)}`,
        (golden().heads[name] as { dir: string }).dir,
      );
      assert.deepEqual(await loadHead(join(run, "best_model")), best);
      assert.deepEqual(await loadHead(join(run, "best_model", "head.pt")), best);
      assert.deepEqual(best.warnings, []);
      assert.deepEqual(best.config.raw, JSON.parse(readFileSync(best.configFile, "utf8")));
      const final = await loadHead(join(run, "final_model"));
      assert.equal(runName(final.directory), runName(best.directory));
    });
  }

  // Numbers: the vectors that PyTorch computed from the heads' weights (SPEC: linear weights of a head).
  it("have the weights that PyTorch's linear weights are made of", async () => {
    const { tensors, config } = await loadHead(goldenRun("regression_linear"));
    const { linear_weights: expected } = golden().heads.regression_linear as {
      linear_weights: number[];
    };
    assert.equal(config.headType, "regression");
    assert.deepEqual([...tensors.get("output.weight")!.data], expected);
  });

  it("have sizes from config.json", async () => {
    const { tensors, config } = await loadHead(goldenRun("classification_hidden"));
    assert.equal(config.headType, "classification");
    if (config.headType !== "classification") return;
    assert.deepEqual(config.head.hidden, { dim: 18, activation: "gelu" });
    assert.equal(config.head.numClasses, 6);
    assert.equal(config.binEdges?.length, 7);
    const shapes = [...tensors].map(([name, { shape }]) => [name, shape]);
    assert.deepEqual(Object.fromEntries(shapes), {
      "hidden.weight": [18, 48],
      "hidden.bias": [18],
      "output.weight": [6, 18],
      "output.bias": [6],
      class_weights: [6],
    });
  });
});

describe("finding a head", () => {
  it("falls back to final_model, and says so if best_model is empty", async () => {
    const run = join(folder, "neuron_l0_n0_20260101_000000");
    cpSync(goldenRun("regression_linear"), run, { recursive: true });
    rmSync(join(run, "best_model", "head.pt"));
    const head = await loadHead(run);
    assert.equal(head.directory, join(run, "final_model"));
    assert.match(head.warnings[0], /best_model holds no head\.pt; final_model is used instead/);
    rmSync(join(run, "best_model"), { recursive: true });
    assert.deepEqual((await loadHead(run)).warnings, []);
  });

  it("reads head.safetensors, and any head file by its own name", async () => {
    const path = await headFolder(REGRESSION, REGRESSION_SHAPES);
    const expected = await loadHead(path);
    renameSync(join(path, "head.pt"), join(path, "epoch3.pt"));
    assert.deepEqual((await loadHead(join(path, "epoch3.pt"))).tensors, expected.tensors);
    await writeSafetensors(join(path, "head.safetensors"), expected.tensors);
    assert.deepEqual((await loadHead(path)).tensors, expected.tensors);
    assert.equal((await loadHead(path)).headFile, join(path, "head.safetensors"));
  });

  it("passes over links to nothing, and says so", async () => {
    const path = await headFolder(REGRESSION, REGRESSION_SHAPES);
    const expected = await loadHead(path);
    await writeSafetensors(join(path, "head.safetensors"), expected.tensors);
    rmSync(join(path, "head.pt"));
    symlinkSync("gone.pt", join(path, "head.pt"));
    const head = await loadHead(path);
    assert.deepEqual(head.tensors, expected.tensors);
    assert.match(
      head.warnings[0],
      /head\.pt is a link to a file that is not there; head\.safetensors is used instead$/,
    );
    rmSync(join(path, "head.safetensors"));
    await assertRefused(
      () => loadHead(path),
      /head\.pt: this is a link to a file that is not there$/,
      HeadConfigError,
    );
    const run = join(folder, "neuron_l0_n1_20260101_000000");
    cpSync(goldenRun("regression_linear"), run, { recursive: true });
    rmSync(join(run, "best_model", "head.pt"));
    symlinkSync("gone.pt", join(run, "best_model", "head.pt"));
    const { directory, warnings } = await loadHead(run);
    assert.equal(directory, join(run, "final_model"));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /best_model\/head\.pt is a link .*; final_model is used instead$/);
  });

  it("says what is there instead", async () => {
    const refused = (path: string, reason: RegExp) =>
      assertRefused(() => loadHead(path), reason, HeadConfigError);
    await refused(
      join(folder, "none"),
      /none: there is no such folder; expected a folder with head\.pt/,
    );
    await refused(
      fixture("golden-a", "heads", "token"),
      /no trained head in this folder; found "neuron_l1_n1_20250422_173314".*Point to one of them/,
    );
    await refused(fixture("golden-a", "base-model"), /found "config\.json"/);
    const path = await headFolder(REGRESSION, REGRESSION_SHAPES);
    rmSync(join(path, "config.json"));
    await refused(path, /config\.json: there is no such file/);
    put(path, "config.json", "{");
    await refused(path, /config\.json: the file is not JSON/);
    put(path, "config.json", "{}");
    await refused(path, /config\.json: .*missing/);
  });

  it("a damaged or hostile head.pt is a CheckpointError", async () => {
    const path = await headFolder(REGRESSION, {});
    cpSync(fixture("golden-a", "torch-files", "malicious.pt"), join(path, "head.pt"));
    await assertRefused(() => loadHead(path), /posix\.system/, CheckpointError);
  });
});

describe("what wrappers and modules around a head put into its names goes", () => {
  const config = HIDDEN;
  const shapes = {
    "hidden.weight": [2, 3],
    "hidden.bias": [2],
    "output.weight": [1, 2],
    "output.bias": [1],
  };
  const renames: Record<string, (name: string) => string> = {
    "torch.compile": (name) => `_orig_mod.${name}`,
    "DataParallel of torch.compile": (name) => `module._orig_mod.${name}`,
    "torch.compile of DataParallel": (name) => `_orig_mod.module.${name}`,
    "torch.compile of one layer": (name) => name.replace("hidden.", "hidden._orig_mod."),
    "DataParallel of one layer": (name) => name.replace("output.", "output.module."),
    "torch.compile of every layer": (name) => name.replace(".", "._orig_mod."),
    Lightning: (name) => `model.${name}`,
    "Lightning, compiled": (name) => `model._orig_mod.${name}`,
    "any module around": (name) => `probe.head.${name}`,
    FSDP: (name) => `_fsdp_wrapped_module.${name.replace(".", "._fsdp_wrapped_module.")}`,
  };
  for (const [what, rename] of Object.entries(renames)) {
    it(`${what}, in both containers`, async () => {
      const expected = await loadHead(await headFolder(config, shapes));
      const renamed = Object.entries(shapes).map(([name, shape]) => [rename(name), shape]);
      const path = await headFolder(config, Object.fromEntries(renamed));
      assert.deepEqual((await loadHead(path)).tensors, expected.tensors);
      const tensors = [...expected.tensors].map(([name, t]) => [rename(name), t] as const);
      rmSync(join(path, "head.pt"));
      await writeSafetensors(join(path, "head.safetensors"), new Map(tensors));
      assert.deepEqual((await loadHead(path)).tensors, expected.tensors);
    });
  }

  it("AveragedModel, which counts beside them", async () => {
    const count: NamedArray = { dtype: "int64", shape: [], data: BigInt64Array.of(7n) };
    const path = await headFolder(
      REGRESSION,
      { "module.output.weight": [1, 3], "module.output.bias": [1] },
      { n_averaged: count },
    );
    const { tensors } = await loadHead(path);
    assert.deepEqual([...tensors.keys()], ["output.weight", "output.bias"]);
  });

  it("two heads in one file are none", async () => {
    const twice = { ...REGRESSION_SHAPES, "_orig_mod.output.weight": [1, 3] };
    await assertRefused(
      async () => loadHead(await headFolder(REGRESSION, twice)),
      /"_orig_mod\.output\.weight" unexpected/,
      HeadConfigError,
    );
    const beside = { "a.output.weight": [1, 3], "a.output.bias": [1], "b.output.weight": [1, 3] };
    await assertRefused(
      async () => loadHead(await headFolder(REGRESSION, beside)),
      /"output\.weight", "output\.bias" missing, "a\.output\.weight", .* unexpected/,
      HeadConfigError,
    );
  });
});

describe("tensors of kinds that are not supported, beside a head's own", () => {
  /** head.safetensors with `output.weight` [1, 3], `output.bias` [1] and an F8 tensor of one byte. */
  async function headBeside(name: string, config: unknown = REGRESSION): Promise<string> {
    const path = await headFolder(config, REGRESSION_SHAPES);
    rmSync(join(path, "head.pt"));
    const header = JSON.stringify({
      "output.weight": { dtype: "F32", shape: [1, 3], data_offsets: [0, 12] },
      "output.bias": { dtype: "F32", shape: [1], data_offsets: [12, 16] },
      [name]: { dtype: "F8_E5M2", shape: [1], data_offsets: [16, 17] },
    });
    put(path, "head.safetensors", bytesOf(uint64(header.length), header, new Uint8Array(17)));
    return path;
  }

  it("are not read, and it says so", async () => {
    const { warnings, tensors } = await loadHead(await headBeside("scale"));
    assert.deepEqual([...tensors.keys()], ["output.weight", "output.bias"]);
    assert.match(warnings[0], /head\.safetensors: "scale" is not read: it is F8_E5M2$/);
  });

  it("are refused where they are asked for or contradict the configuration", async () => {
    await assertRefused(
      async () => loadHead(await headBeside("hidden.weight")),
      /"hidden\.weight" unexpected/,
      HeadConfigError,
    );
    const classes = { ...CLASSES, head_config: { input_dim: 3, num_classes: 1 } };
    const withWeights = await loadHead(await headBeside("class_weights", classes));
    assert.match(withWeights.warnings[0], /"class_weights" is not read: it is F8_E5M2/);
    const hidden = { ...HIDDEN, head_config: { input_dim: 3, hidden_dim: 3, activation: "relu" } };
    const path = await headBeside("hidden.bias", hidden);
    await assertRefused(() => loadHead(path), /"hidden\.weight" missing/, HeadConfigError);
    const own = join(path, "head.safetensors");
    const header = JSON.stringify({
      "output.weight": { dtype: "F8_E4M3", shape: [1, 3], data_offsets: [0, 3] },
      "output.bias": { dtype: "F32", shape: [1], data_offsets: [3, 7] },
    });
    put(path, "config.json", JSON.stringify(REGRESSION));
    put(path, "head.safetensors", bytesOf(uint64(header.length), header, new Uint8Array(7)));
    await assertRefused(
      () => loadHead(own),
      /"output\.weight" is of a kind that is not supported; found F8_E4M3/,
    );
  });
});

describe("weights are checked against config.json", () => {
  const refused: [
    what: string,
    reason: RegExp,
    config: unknown,
    shapes: Record<string, number[]>,
  ][] = [
    [
      "other input_dim",
      /head\.pt: "output\.weight" does not fit .*config\.json; found shape \[1, 4\], expected \[1, 3\] for a regression head with input_dim 3, no hidden layer\. Weights/,
      REGRESSION,
      { ...REGRESSION_SHAPES, "output.weight": [1, 4] },
    ],
    [
      "a vector instead of a row",
      /found shape \[3\]/,
      REGRESSION,
      { ...REGRESSION_SHAPES, "output.weight": [3] },
    ],
    ["two outputs", /expected \[1, 3\]/, REGRESSION, CLASSES_SHAPES],
    [
      "no bias",
      /found "output\.bias" missing, expected "output\.weight", "output\.bias"/,
      REGRESSION,
      { "output.weight": [1, 3] },
    ],
    ["no tensors", /"output\.weight", "output\.bias" missing/, REGRESSION, {}],
    [
      "a hidden layer too many",
      /"hidden\.weight" unexpected/,
      REGRESSION,
      { ...REGRESSION_SHAPES, "hidden.weight": [2, 3] },
    ],
    [
      "no hidden layer",
      /"hidden\.weight", "hidden\.bias" missing/,
      HIDDEN,
      { "output.weight": [1, 2], "output.bias": [1] },
    ],
    [
      "other hidden_dim",
      /\[1, 3\], expected \[1, 2\] for .*hidden_dim 2/,
      HIDDEN,
      { ...REGRESSION_SHAPES, "hidden.weight": [2, 3], "hidden.bias": [2] },
    ],
    [
      "other num_classes",
      /expected \[2, 3\] for .*num_classes 2/,
      CLASSES,
      { "output.weight": [3, 3], "output.bias": [3] },
    ],
    [
      "class weights of another number",
      /"class_weights" does not fit/,
      CLASSES,
      { ...CLASSES_SHAPES, class_weights: [3] },
    ],
    [
      "class weights of a regression",
      /"class_weights" unexpected/,
      REGRESSION,
      { ...REGRESSION_SHAPES, class_weights: [1] },
    ],
    [
      "tensors of a token head",
      /unexpected, expected none for a token head/,
      TOKEN,
      REGRESSION_SHAPES,
    ],
  ];
  for (const [what, reason, config, shapes] of refused) {
    it(what, async () => {
      const path = await headFolder(config, shapes);
      await assertRefused(() => loadHead(path), reason, HeadConfigError);
    });
  }

  it("weights that are not finite", async () => {
    for (const value of [NaN, Infinity]) {
      const bias: NamedArray = { dtype: "float32", shape: [1], data: new Float32Array([value]) };
      const path = await headFolder(
        REGRESSION,
        { "output.weight": [1, 3] },
        { "output.bias": bias },
      );
      await assertRefused(
        () => loadHead(path),
        /"output\.bias" holds a number that is not finite; found (NaN|Infinity) at element 0/,
        HeadConfigError,
      );
    }
  });

  it("weights of every element type become float32", async () => {
    const tensors: Record<string, NamedArray> = {
      "output.weight": { dtype: "int64", shape: [1, 3], data: BigInt64Array.of(1n, -2n, 3n) },
      "output.bias": { dtype: "float64", shape: [1], data: new Float64Array([0.1]) },
    };
    const head = await loadHead(await headFolder(REGRESSION, {}, tensors));
    assert.deepEqual(head.tensors.get("output.weight"), {
      dtype: "float32",
      shape: [1, 3],
      data: new Float32Array([1, -2, 3]),
    });
    assert.deepEqual(head.tensors.get("output.bias")?.data, new Float32Array([0.1]));
    const tooLarge: NamedArray = { dtype: "float64", shape: [1], data: new Float64Array([1e300]) };
    const path = await headFolder(
      REGRESSION,
      { "output.weight": [1, 3] },
      { "output.bias": tooLarge },
    );
    await assertRefused(() => loadHead(path), /does not fit into float32/, CheckpointError);
  });

  it("classes and bins of different numbers are used, with a warning", async () => {
    const path = await headFolder({ ...CLASSES, bin_edges: [0, 1, 2, 3] }, CLASSES_SHAPES);
    const { warnings } = await loadHead(path);
    assert.match(warnings[0], /2 classes but 3 bins; the first 2 of both are used/);
  });
});
