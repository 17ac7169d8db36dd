import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHead } from "../../src/analysis/open-head";
import { ReadFiles } from "../../src/checkpoints/read-files";
import { CheckpointError } from "../../src/errors";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import { analyzeNeuronSweep } from "../../src/experiments/neuron-sweep/measure";
import type { BoundHead } from "../../src/heads/bind-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { trainHead } from "../../src/training/train-head";
import { writeRandomModel } from "../patching/random-model";
import { headOnDisk } from "./head-on-disk";

const SIZES = { layers: 2, heads: 2, d_head: 4, d_mlp: 8, d_vocab: 20, n_ctx: 8 };
/** A model of more bytes is hashed when it is needed only. */
const LARGE = 17_000_000;
const PROMPTS = [
  [1, 2, 3],
  [4, 5],
  [6, 7, 8],
  [9, 10],
];

/** What a result says it is of. */
interface Named {
  readonly model_path: string;
  readonly target_neuron: number;
  readonly provenance: {
    readonly head_sha256: string;
    readonly head_config_sha256: string;
    readonly base_model: string;
    readonly base_model_files: Readonly<Record<string, string>>;
  };
}

const ANALYSES: Record<string, (head: BoundHead) => Promise<Named>> = {
  weights: (head) => analyzeLinearWeights(head, { randomVectors: 10, prompts: PROMPTS }),
  patching: (head) => analyzeActivationPatching(head, PROMPTS, { controls: false }),
  sweep: (head) => analyzeNeuronSweep(head, PROMPTS),
};

/** SHA-256 of a file's bytes as they are now. */
const hashOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const hashesIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, hashOf(join(folder, name))]));

/** Ways in which one file comes to stand in the place of another. */
const REPLACEMENTS: Record<string, (file: string, other: string) => void> = {
  "written over": (file, other) => writeFileSync(file, readFileSync(other)),
  "written over, its time of modification set back": (file, other) => {
    const { atime, mtime } = statSync(file);
    writeFileSync(file, readFileSync(other));
    utimesSync(file, atime, mtime);
  },
  "replaced by another file": (file, other) => {
    cpSync(other, `${file}.new`, { preserveTimestamps: true });
    renameSync(`${file}.new`, file);
  },
};

describe("what a result says it is of", () => {
  const root = mkdtempSync(join(tmpdir(), "tslens-provenance-"));
  const [base, otherBase] = [join(root, "base"), join(root, "other-base")];
  const [large, otherLarge] = [join(root, "large"), join(root, "other-large")];
  const [first, second] = [join(root, "first"), join(root, "second")];

  before(async () => {
    for (const [folder, seed, bytes] of [
      [base, 1, 0],
      [otherBase, 2, 0],
      [large, 1, LARGE],
      [otherLarge, 2, LARGE],
    ] as const) {
      mkdirSync(folder);
      await writeRandomModel(folder, SIZES, seed, (tensors) => {
        const data = new Float32Array(bytes / 4);
        if (bytes > 0) tensors.set("of_no_use", { dtype: "float32", shape: [bytes / 4], data });
      });
    }
    const model = await HookedTransformer.fromPretrained(base);
    await headOnDisk(first, model, { layer_type: "post", target_neuron: 3 });
    await headOnDisk(second, model, { layer_type: "post", target_neuron: 5 });
    model.dispose();
  });
  after(() => rmSync(root, { recursive: true }));

  /** A copy of the head and its base model, opened. */
  async function opened(
    check: (head: BoundHead, run: string, base: string) => Promise<void>,
    of = base,
  ) {
    const copy = mkdtempSync(join(root, "copy-"));
    const [run, model] = [join(copy, "run"), join(copy, "base")];
    cpSync(first, run, { recursive: true });
    cpSync(of, model, { recursive: true });
    const head = await openHead(run, { base: model });
    try {
      await check(head, run, model);
    } finally {
      head.dispose();
    }
  }

  function checkNames(result: Named, run: string, model: string, of = base): void {
    // The first head and base model are never touched: their bytes are what was opened.
    assert.equal(result.model_path, run);
    assert.equal(result.target_neuron, 3);
    const { provenance } = result;
    assert.equal(provenance.head_sha256, hashOf(join(first, "head.safetensors")));
    assert.equal(provenance.head_config_sha256, hashOf(join(first, "config.json")));
    assert.equal(provenance.base_model, model);
    assert.deepEqual(provenance.base_model_files, hashesIn(of));
  }

  for (const [name, analyze] of Object.entries(ANALYSES)) {
    it(`is the head that was opened, whatever stands in its folder now: ${name}`, async () => {
      for (const replace of Object.values(REPLACEMENTS)) {
        await opened(async (head, run, model) => {
          checkNames(await analyze(head), run, model);
          for (const file of ["config.json", "head.safetensors"]) {
            replace(join(run, file), join(second, file));
            checkNames(await analyze(head), run, model);
          }
          rmSync(run, { recursive: true });
          checkNames(await analyze(head), run, model);
        });
      }
    });

    it(`is refused when a large base model was changed before it was hashed: ${name}`, async () => {
      for (const [how, replace] of Object.entries(REPLACEMENTS)) {
        for (const file of ["config.json", "model.safetensors"]) {
          await opened(async (head, _, model) => {
            replace(join(model, file), join(otherLarge, file));
            await assert.rejects(analyze(head), (error: Error) => {
              assert.ok(error instanceof CheckpointError, how);
              assert.match(error.message, /no longer the one that was read; found another size/);
              assert.ok(error.message.includes(join(model, file)), how);
              return true;
            });
          }, large);
        }
      }
      await opened(async (head, _, model) => {
        rmSync(join(model, "model.safetensors"));
        await assert.rejects(analyze(head), /no longer the one that was read; found no file/);
      }, large);
    });
  }

  it("is the base model that was opened, once it was hashed: a small one at once", async () => {
    for (const of of [base, large]) {
      await opened(async (head, run, model) => {
        if (of === large) checkNames(await ANALYSES.patching(head), run, model, of);
        for (const file of ["config.json", "model.safetensors"]) {
          REPLACEMENTS["replaced by another file"](join(model, file), join(otherBase, file));
        }
        checkNames(await ANALYSES.patching(head), run, model, of);
        checkNames(await ANALYSES.sweep(head), run, model, of);
        // Comparing with the weights as they stand in the file means reading the file again.
        await assert.rejects(ANALYSES.weights(head), /no longer the one that was read/);
      }, of);
    }
  });

  it("cannot be told of a head that was made in memory", async () => {
    await opened(async (head) => {
      const inMemory = { ...head, files: { ...head.files, sha256: null } };
      await assert.rejects(ANALYSES.patching(inMemory), /was not read from files/);
    });
  });

  it("keeps no control heads by another head's training run", async () => {
    await opened(async (head, run) => {
      writeFileSync(join(run, "training_metrics.json"), trainingMetrics());
      const controls = { neurons: 0, heads: 1, texts: PROMPTS };
      const before = await analyzeActivationPatching(head, PROMPTS, { controls });
      assert.match(before.controls.shuffled_labels.reason!, /are not at hand/);
      cpSync(second, run, { recursive: true });
      const later = await analyzeActivationPatching(head, PROMPTS, { controls });
      assert.match(later.controls.shuffled_labels.reason!, /another head stands in its folder/);
    });
  });

  it("names no activations in the cache by a model that was put in the place of theirs", async () => {
    await opened(async ({ model }) => {
      const [out, cacheFolder] = [join(root, "models"), join(root, "cache")];
      const texts = Array.from({ length: 60 }, (_, i) => [i % 20, (7 * i) % 19, (3 * i) % 17]);
      const options = { layer: 1, neuron: 0, texts, out, cacheFolder };
      writeFileSync(model.files!.paths[1], readFileSync(join(otherLarge, "model.safetensors")));
      await assert.rejects(trainHead(model, options), /no longer the one that was read/);
    }, large);
  });
});

/** All that the search for the training texts looks at. */
function trainingMetrics(): string {
  const gradient = { epochs: 1, batchSize: 1, learningRate: 1, weightDecay: 0, patience: 1 };
  return JSON.stringify({
    texts: { sha256: "of other texts" },
    test_metrics: { r2: 0.5 },
    ridge: null,
    settings: {
      ...{ headType: "regression", hiddenDim: null, activation: "gelu", dropout: 0 },
      ...{ outputScale: null, numBins: 10, binning: "quantile", classWeights: null, seed: 0 },
      gradient: { ...gradient, clipNorm: 1 },
    },
  });
}

describe("files that were read", () => {
  const folder = mkdtempSync(join(tmpdir(), "tslens-read-files-"));
  after(() => rmSync(folder, { recursive: true }));

  it("notice a change while they are read", async () => {
    const file = join(folder, "a.bin");
    writeFileSync(file, "one");
    const files = ReadFiles.in(folder);
    assert.deepEqual(await files.only([file]).sha256(), { "a.bin": hashOf(file) });
    writeFileSync(file, "two");
    assert.throws(
      () => files.only([file]).requireUnchanged(),
      /a\.bin: the file is no longer the one that was read/,
    );
    // One that was not there when reading began.
    writeFileSync(join(folder, "b.bin"), "one");
    const later = files.only([join(folder, "b.bin")]);
    assert.throws(() => later.requireUnchanged(), /b\.bin: the file is no longer/);
  });

  it("are hashed in a thread when they are large, also when that began before", async () => {
    const own = mkdtempSync(join(folder, "large-"));
    const large = join(own, "large.bin");
    const small = join(own, "small.bin");
    writeFileSync(large, Buffer.alloc(68_000_001, "large"));
    writeFileSync(small, "small");
    const hashes = { "small.bin": hashOf(small), "large.bin": hashOf(large) };
    assert.deepEqual(await ReadFiles.in(own).only([small, large]).sha256(), hashes);
    const files = ReadFiles.in(own).only([small, large]);
    files.startHashing();
    await files.finish();
    assert.deepEqual(await files.sha256(), hashes);
  });

  it("that cannot be read any more are named", async () => {
    const gone = join(folder, "gone.bin");
    writeFileSync(gone, Buffer.alloc(68_000_000));
    const files = ReadFiles.in(folder).only([gone]);
    rmSync(gone);
    files.startHashing();
    await assert.rejects(files.sha256(), /gone\.bin: the file is no longer the one/);
  });

  it("are none in a folder that is not there", () => {
    assert.deepEqual(ReadFiles.in(join(folder, "nowhere")).paths, []);
  });
});

describe("the notebooks", () => {
  for (const name of ["linear_weights_analysis", "activation_patching"]) {
    it(`name nothing but what was opened, whatever the parameters say by then: ${name}`, () => {
      const text = readFileSync(join(__dirname, "..", "..", "notebooks", `${name}.ipynb`), "utf8");
      const cells: { cell_type: string; source: string[] }[] = JSON.parse(text).cells;
      const code = cells
        .filter(({ cell_type }) => cell_type === "code")
        .map(({ source }) => source.join(""));
      const naming = code.filter((source) => /modelDir|baseModel/.test(source));
      assert.equal(naming.length, 2, "the parameters, and the head that is opened by them");
      assert.match(naming[0], /notebookParameters\(/);
      assert.deepEqual(naming[1].match(/.*(modelDir|baseModel).*/g), [
        "const head = await openHead(modelDir, { base: baseModel });",
      ]);
      // Nothing else reads a head or a model.
      const opening = /\b(loadHead|openHead|fromPretrained\w*|openModelFolder)\(/g;
      assert.equal(code.join("\n").match(opening)?.length, 1);
    });
  }
});
