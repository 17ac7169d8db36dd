import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { writeStateDict } from "../../src/checkpoints/torch-writer";
import { CheckpointError, ModelConfigError } from "../../src/errors";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { mlpVectors, rawMlpVectors } from "../../src/model/mlp-vectors";
import { assertRefused } from "../checkpoints/refusals";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, relativeToLargest } from "../golden";

const { tokens, logits } = JSON.parse(
  readFileSync(fixture("gpt2-files", "expected.json"), "utf8"),
) as { tokens: number[]; logits: Record<string, number[][]> };

const folder = temporaryFolder();
let folders = 0;

async function checkLogits(
  path: string,
  expected: readonly number[][],
): Promise<readonly string[]> {
  const model = await HookedTransformer.fromPretrainedNoProcessing(path);
  const found = tf.tidy(() => model.forward(tokens).dataSync());
  const error = relativeToLargest(found, expected.flat());
  assert.ok(error < 1e-5, `logits are off by ${error}`);
  const raw = await rawMlpVectors(model, 1);
  assert.deepEqual(raw, mlpVectors(model, 1));
  model.dispose();
  return model.warnings;
}

// Expected logits: transformers 5.18 on PyTorch 2.13 (gpt2-files/make.py).
describe("a GPT-2 is read from whatever file it was saved in", () => {
  const notes: Record<string, RegExp> = {
    double_heads: /2 of \d+ tensors \("multiple_choice_head\.summary\.bias", "multiple_choice_he/,
    sequence_classification: /1 of \d+ tensors \("score\.weight"\)/,
    token_classification: /2 of \d+ tensors \("classifier\.bias", "classifier\.weight"\)/,
    question_answering: /2 of \d+ tensors \("qa_outputs\.bias", "qa_outputs\.weight"\)/,
    value_head_bin: /2 of \d+ tensors \("v_head\.summary\.weight", "v_head\.summary\.bias"\)/,
    old_buffers_bin: /2 of \d+ tensors \("transformer\.position_ids", "lm_head\.bias"\)/,
    float8_beside: /2 of \d+ tensors \("other\.\w+", "other\.\w+"\)/,
    cross_attention: /16 of \d+ tensors \("transformer\.h\.0\.crossattention\./,
    averaged_bin: /1 of \d+ tensors \("n_averaged"\)/,
    in_a_module_bin: /1 of \d+ tensors \("criterion\.weight"\)/,
  };
  for (const [name, expected] of Object.entries(logits)) {
    it(name, async () => {
      const warnings = await checkLogits(fixture("gpt2-files", name), expected);
      assert.equal(warnings.length, notes[name] ? 1 : 0, warnings.join("\n"));
      if (notes[name]) assert.match(warnings[0], notes[name]);
    });
  }
});

const CONFIG = readFileSync(fixture("gpt2-files", "tied_both_bin", "config.json"), "utf8");
const PLAIN = logits.tied_both_bin;

/** The tensors of the same model, without lm_head, under other names. */
async function tensorsAs(rename: (name: string) => string): Promise<Map<string, NamedArray>> {
  const { tensors } = await openModelFolder(fixture("gpt2-files", "tied_both_bin"));
  const names = tensors.names.filter((name) => name !== "lm_head.weight");
  const renamed = new Map(names.map((name) => [rename(name), tensors.read(name)]));
  tensors.close();
  return renamed;
}

type Write = (path: string, tensors: ReadonlyMap<string, NamedArray>) => Promise<void>;

const CONTAINERS: Record<string, Write> = {
  safetensors: (path, tensors) => writeSafetensors(join(path, "model.safetensors"), tensors),
  bin: (path, tensors) => writeStateDict(join(path, "pytorch_model.bin"), tensors),
  sharded: async (path, tensors) => {
    const places = [...tensors.keys()].map((name, i) => [name, `part${i % 3}.safetensors`]);
    for (const part of new Set(places.map(([, file]) => file))) {
      const inside = places.filter(([, file]) => file === part).map(([name]) => name);
      await writeSafetensors(join(path, part), new Map(inside.map((n) => [n, tensors.get(n)!])));
    }
    const index = JSON.stringify({ weight_map: Object.fromEntries(places) });
    put(path, "model.safetensors.index.json", index);
  },
};

async function folderWith(
  tensors: ReadonlyMap<string, NamedArray>,
  { config = CONFIG, write = CONTAINERS.safetensors } = {},
): Promise<string> {
  const path = join(folder, `${folders++}`);
  mkdirSync(path);
  put(path, "config.json", config);
  await write(path, tensors);
  return path;
}

// Expected logits: those of the model without wrappers.
describe("what wrappers put into names goes, in every container", () => {
  const renames: Record<string, (name: string) => string> = {
    "module.": (name) => `module.${name}`,
    "_orig_mod.module.": (name) => `_orig_mod.module.${name}`,
    "module._orig_mod.": (name) => `module._orig_mod.${name}`,
    "module.module.": (name) => `module.module.${name}`,
    "_forward_module.": (name) => `_forward_module.${name}`,
    "_module.": (name) => `_module.${name}`,
    "without transformer.": (name) => `_orig_mod.${name.replace("transformer.", "")}`,
    "inside transformer": (name) => name.replace("transformer.", "transformer._orig_mod."),
    "every block": (name) => name.replace(/(h\.\d+\.)/, "$1_checkpoint_wrapped_module."),
    "one block": (name) => name.replace("h.1.", "h.1._fsdp_wrapped_module._fpw_module."),
    "every layer": (name) => name.replace(/\.(weight|bias)$/, ".module.$1"),
    Lightning: (name) => `model.${name}`,
    "Lightning, compiled": (name) => `model._orig_mod.${name}`,
    "two modules around": (name) => `policy.base_model.${name.replace("transformer.", "")}`,
  };
  for (const [container, write] of Object.entries(CONTAINERS)) {
    for (const [name, rename] of Object.entries(renames)) {
      it(`${name} in ${container}`, async () => {
        const path = await folderWith(await tensorsAs(rename), { write });
        assert.deepEqual(await checkLogits(path, PLAIN), []);
      });
    }
    it(`a tied model's only name is lm_head.weight, behind a wrapper, in ${container}`, async () => {
      const rename = (name: string) =>
        `_orig_mod.${name === "transformer.wte.weight" ? "lm_head.weight" : name}`;
      assert.deepEqual(
        await checkLogits(await folderWith(await tensorsAs(rename), { write }), PLAIN),
        [],
      );
    });
  }

  it("an unembedding beside the module that has the rest is the unembedding", async () => {
    const tensors = await tensorsAs((name) => name.replace("transformer.", "backbone."));
    tensors.set("lm_head.weight", tensors.get("backbone.wte.weight")!);
    const config = JSON.stringify({ ...JSON.parse(CONFIG), tie_word_embeddings: false });
    assert.deepEqual(await checkLogits(await folderWith(tensors, { config }), PLAIN), []);
  });

  it("another GPT-2 beside one without a prefix is not used", async () => {
    const reference = await tensorsAs((name) => `ref_model.${name}`);
    const both = new Map([...(await tensorsAs((name) => name)), ...reference]);
    const [warning] = await checkLogits(await folderWith(both), PLAIN);
    assert.match(
      warning,
      /28 of 56 tensors \("ref_model\.transformer\.h\.0\.attn\.c_attn\.bias", .* and 20 more\)/,
    );
  });
});

// As transformers 5.18 does with a config.json of fewer layers.
it("layers beyond those of the config are not used, and noted", async () => {
  const tensors = await tensorsAs((name) => name);
  for (const [name, tensor] of [...tensors]) {
    if (name.includes("h.1.")) tensors.set(name.replace("h.1.", "h.2."), tensor);
  }
  const [warning] = await checkLogits(await folderWith(tensors), PLAIN);
  assert.match(warning, /12 of 40 tensors \("transformer\.h\.2\.attn\.c_attn\.bias", /);
});

describe("a file that is not the model of its config.json is refused", () => {
  async function refused(
    change: (tensors: Map<string, NamedArray>) => void,
    reason: RegExp,
    { config = {} } = {},
  ): Promise<void> {
    const tensors = await tensorsAs((name) => name);
    change(tensors);
    const path = await folderWith(tensors, {
      config: JSON.stringify({ ...JSON.parse(CONFIG), ...config }),
    });
    const before = tf.memory().numTensors;
    await assertRefused(() => HookedTransformer.fromPretrained(path), reason, ModelConfigError);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  }
  const move = (from: string, to: string) => (tensors: Map<string, NamedArray>) => {
    tensors.set(to, tensors.get(from)!);
    tensors.delete(from);
  };

  it("an untied model without one of its two", async () => {
    const config = { tie_word_embeddings: false };
    await refused(() => {}, /1 missing \(lm_head\.weight\)/, { config });
    const only = move("transformer.wte.weight", "lm_head.weight");
    await refused(only, /1 missing \(wte\.weight\)/, { config });
  });

  it("a tied model without either, or with a transposed one", async () => {
    const lost = move("transformer.wte.weight", "transformer.wte.rows");
    await refused(lost, /1 missing \(wte\.weight\) and 1 unknown \("transformer\.wte\.rows"\)/);
    await refused((tensors) => {
      move("transformer.wte.weight", "lm_head.weight")(tensors);
      const { dtype, data } = tensors.get("lm_head.weight")!;
      tensors.set("lm_head.weight", { dtype, data, shape: [4, 10] });
    }, /"lm_head\.weight" has another shape .* found \[4, 10\], expected \[10, 4\]/);
  });

  it("fewer layers than the config says", async () => {
    const three = { config: { n_layer: 3 } };
    await refused(() => {}, /12 missing \(h\.2\.ln_1\.weight, .* and 6 more\)/, three);
  });

  it("the same tensor twice, or two GPT-2s", async () => {
    await refused((tensors) => {
      tensors.set("wpe.weight", tensors.get("transformer.wpe.weight")!);
    }, /two tensors "wpe\.weight"; found "transformer\.wpe\.weight" and "wpe\.weight"/);
    await refused((tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(`policy.${name}`, tensor);
        tensors.set(`ref.${name}`, tensor);
      }
    }, /several GPT-2s .* found "policy\.wpe\.weight" and "ref\.wpe\.weight"/);
  });

  it("quantized weights: whole numbers, or packed beside their scales", async () => {
    const name = "transformer.h.0.attn.c_proj.weight";
    await refused((tensors) => {
      tensors.set(name, { dtype: "int8", shape: [4, 4], data: new Int8Array(16) });
      const data = new Float32Array(4);
      tensors.set(`${name}.SCB`, { dtype: "float32", shape: [4], data });
    }, /c_proj\.weight" does not hold floating-point numbers; found int8, expected float64, /);
    await refused(move(name, name.replace("weight", "qweight")), /1 missing .* 1 unknown/);
  });

  it("an adapter that is not merged", async () => {
    await refused((tensors) => {
      const name = "transformer.h.0.attn.c_attn";
      move(`${name}.weight`, `${name}.base_layer.weight`)(tensors);
      move(`${name}.bias`, `${name}.base_layer.bias`)(tensors);
    }, /2 missing \(h\.0\.attn\.c_attn\.weight, h\.0\.attn\.c_attn\.bias\) and 2 unknown/);
  });

  it("a weight of a kind that is not supported", async () => {
    const path = join(folder, "float8");
    cpSync(fixture("gpt2-files", "float8_beside"), path, { recursive: true });
    const file = join(path, "model.safetensors");
    const bytes = readFileSync(file);
    // The surplus F8 tensor takes the name of a bias of the same length.
    const text = bytes.toString("latin1").replace("transformer.ln_f.bias", "transformer.ln_f.bia_");
    const odd = text.replace('"other.scale":', '"ln_f.bias"  :');
    put(path, "model.safetensors", Buffer.from(odd, "latin1"));
    const reason =
      /"ln_f\.bias" is of a kind that is not supported; found F8_E4M3, expected a dense/;
    await assertRefused(() => HookedTransformer.fromPretrained(path), reason, CheckpointError);
  });
});

describe("weights that are not all there are passed over", () => {
  /** The tied .bin, and beside it what stands before it in preference. */
  function folderBeside(prepare: (path: string) => void): string {
    const path = join(folder, `${folders++}`);
    cpSync(fixture("gpt2-files", "tied_both_bin"), path, { recursive: true });
    prepare(path);
    return path;
  }

  it("a link to nothing, and one to itself", async () => {
    for (const target of ["gone.safetensors", "model.safetensors"]) {
      const path = folderBeside((at) => symlinkSync(target, join(at, "model.safetensors")));
      const warnings = await checkLogits(path, PLAIN);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0],
        /model\.safetensors: this is a link to a file that is not there; pytorch_model\.bin is read/,
      );
    }
  });

  it("an index whose files are links to nothing or are missing", async () => {
    const index = (at: string) =>
      put(at, "model.safetensors.index.json", '{"weight_map":{"a":"1.safetensors"}}');
    const [missing] = await checkLogits(folderBeside(index), PLAIN);
    assert.match(missing, /index\.json: .*not there: "1\.safetensors"; pytorch_model\.bin is read/);
    const linked = folderBeside((at) => {
      index(at);
      symlinkSync("gone", join(at, "1.safetensors"));
    });
    assert.match((await checkLogits(linked, PLAIN))[0], /"1\.safetensors"; pytorch_model\.bin/);
  });

  it("a single file before its index", async () => {
    const path = join(folder, `${folders++}`);
    cpSync(fixture("gpt2-files", "tied_head_only_sharded"), path, { recursive: true });
    symlinkSync("gone", join(path, "model.safetensors"));
    const [warning] = await checkLogits(path, logits.tied_head_only_sharded);
    assert.match(warning, /link to a file that is not there; model\.safetensors\.index\.json is/);
  });

  it("a link to a file is a file", async () => {
    const path = join(folder, `${folders++}`);
    mkdirSync(path);
    for (const name of ["config.json", "pytorch_model.bin"]) {
      symlinkSync(fixture("gpt2-files", "tied_both_bin", name), join(path, name));
    }
    assert.deepEqual(await checkLogits(path, PLAIN), []);
    assert.equal(basename((await openModelFolder(path)).files[1]), "pytorch_model.bin");
  });

  it("and where nothing else is there, that is the error", async () => {
    const path = join(folder, `${folders++}`);
    mkdirSync(path);
    put(path, "config.json", CONFIG);
    symlinkSync("gone", join(path, "model.safetensors"));
    const load = () => HookedTransformer.fromPretrained(path);
    await assertRefused(load, /model\.safetensors: this is a link to a file that is not there$/);
    symlinkSync("gone", join(path, "pytorch_model.bin"));
    await assertRefused(load, /model\.safetensors: this is a link to a file that is not there$/);
  });

  it("a config.json that is a link to nothing", async () => {
    const path = join(folder, `${folders++}`);
    mkdirSync(path);
    symlinkSync("gone", join(path, "config.json"));
    const reason = /config\.json: this is a link to a file that is not there/;
    await assertRefused(() => HookedTransformer.fromPretrained(path), reason, ModelConfigError);
  });
});
