import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { openHead } from "../../src/analysis/open-head";
import { HubError, InputError, ModelConfigError } from "../../src/errors";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { locateModel } from "../../src/model/locate-model";
import { modelNames } from "../../src/model/model-names";
import { commitOf, HubServer, type Repository, repositoryOf } from "../checkpoints/hub-server";
import { assertRefused } from "../checkpoints/refusals";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

const base = fixture("golden-a", "base-model");
const folder = temporaryFolder();
const environment = { ...process.env };
const cwd = process.cwd();

const GPT2 = repositoryOf("openai-community/gpt2", base);
const BERT: Repository = {
  ...GPT2,
  name: "acme/bert",
  files: { ...GPT2.files, "config.json": Buffer.from('{"model_type": "bert"}') },
};
/** Of a family that is known, with a switch that is not implemented. */
const WITH_BIASES: Repository = {
  ...GPT2,
  name: "acme/llama",
  files: {
    ...GPT2.files,
    "config.json": Buffer.from('{"model_type": "llama", "mlp_bias": true}'),
  },
};
const PYTHIA = repositoryOf("EleutherAI/pythia-70m", fixture("arch", "gpt_neox", "base-model"));
const DISTIL: Repository = { ...GPT2, name: "distilgpt2" };

let server: HubServer;
let places = 0;

before(async () => {
  server = await HubServer.start(GPT2, DISTIL, BERT, WITH_BIASES, PYTHIA);
});
after(() => {
  server.close();
  process.chdir(cwd);
});

/** An empty working directory and an empty cache; the hub on this machine. */
function newPlace(env: Readonly<Record<string, string>> = {}): { work: string; cache: string } {
  const work = join(folder, `work-${places++}`);
  const cache = `${work}-cache`;
  mkdirSync(work);
  process.chdir(work);
  const hub = { HF_HUB_CACHE: cache, HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: "0" };
  Object.assign(process.env, hub, env);
  return { work, cache };
}

afterEach(() => {
  process.chdir(cwd);
  for (const name of ["HF_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN"]) {
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
  }
  server.requests.length = 0;
  server.status = undefined;
});

describe("a model's name", () => {
  it("is looked up as a folder, in models/, in the cache, on the hub, in this order", async () => {
    const { work, cache } = newPlace();
    const onHub = await locateModel("gpt2");
    assert.equal(onHub, join(cache, "models--openai-community--gpt2", "snapshots", commitOf(GPT2)));
    assert.ok(server.requests.length > 0);

    // In the cache now.
    server.requests.length = 0;
    assert.equal(await locateModel("gpt2"), onHub);
    assert.deepEqual(server.requests, []);

    const inModels = join(work, "models", "gpt2");
    cpSync(base, inModels, { recursive: true });
    assert.equal(await locateModel("gpt2"), inModels);
    // Notebooks run in a subfolder.
    mkdirSync("notebooks");
    process.chdir("notebooks");
    assert.equal(await locateModel("gpt2"), inModels);
    process.chdir(work);

    cpSync(base, join(work, "gpt2"), { recursive: true });
    assert.equal(await locateModel("gpt2"), "gpt2");
    assert.deepEqual(server.requests, []);
  });

  // Expected: MODEL_ALIASES of TransformerLens.
  it("stands for the same model as its other names", async () => {
    const { work, cache } = newPlace();
    const onHub = await locateModel("distil-gpt2");
    assert.equal(onHub, join(cache, "models--distilgpt2", "snapshots", commitOf(DISTIL)));
    for (const name of ["distilgpt2", "gpt2-xs", "distillgpt2", "DistilGPT2", "distill-gpt2"]) {
      assert.equal(await locateModel(name), onHub, name);
    }
    const small = join(work, "models", "gpt2-small");
    cpSync(base, small, { recursive: true });
    for (const name of ["gpt2", "gpt2-small", "openai-community/gpt2"]) {
      assert.equal(await locateModel(name), small, name);
    }
    for (const [name, first] of [
      ["gpt2-small", "gpt2"],
      ["gpt2-medium", "gpt2-medium"],
      ["gpt2-large", "gpt2-large"],
      ["gpt2-xl", "gpt2-xl"],
      ["openai-community/gpt2-xl", "openai-community/gpt2-xl"],
      ["distilbert/distilgpt2", "distilbert/distilgpt2"],
      ["stanford-gpt2-medium-e", "stanford-crfm/eowyn-gpt2-medium-x777"],
      ["somebody/else", "somebody/else"],
    ]) {
      assert.equal(modelNames(name).onHub[0], first, name);
    }
  });

  it("with a revision, passes folders over", async () => {
    const { work, cache } = newPlace();
    cpSync(base, join(work, "models", "gpt2"), { recursive: true });
    const snapshot = await locateModel("gpt2", { revision: "v1" });
    assert.ok(snapshot.startsWith(cache));
    await assertRefused(
      () => locateModel(`${work}/models/gpt2`, { revision: "v1" }),
      /found a path, expected the name of a model on the hub, which has the revision "v1"/,
      ModelConfigError,
    );
  });

  it("of a model that is nowhere is an error that says where it was looked for", async () => {
    const { work, cache } = newPlace();
    await assertRefused(
      () => locateModel("acme/nope"),
      new RegExp(
        `no base model "acme/nope" on this machine.*no such model.*nothing at ${work}/acme/nope.*${cache}.*TSLENS_BASE_MODEL.*HF_HUB_CACHE`,
      ),
      HubError,
    );
    await assertRefused(() => locateModel(""), /no base model ""/, ModelConfigError);
    const requests = server.requests.length;
    for (const path of ["./nope", "/no/such/folder", "a/b/c"]) {
      await assertRefused(() => locateModel(path), /no base model .*nothing at/, ModelConfigError);
    }
    assert.equal(server.requests.length, requests);
  });

  it("of another family is found on the hub and in the cache, by every alias", async () => {
    newPlace();
    const snapshot = await locateModel("pythia");
    assert.match(snapshot, /models--EleutherAI--pythia-70m/);
    process.env.HF_HUB_OFFLINE = "1";
    for (const name of ["pythia-70m", "EleutherAI/pythia-70m", "EleutherAI/pythia-19m"]) {
      assert.equal(await locateModel(name), snapshot);
    }
  });

  it("of another kind of model is refused before its weights are downloaded", async () => {
    newPlace();
    await assertRefused(
      () => locateModel("acme/bert"),
      /acme\/bert: config\.json: this family .* not known; found "model_type": "bert"/,
      ModelConfigError,
    );
    await assertRefused(
      () => locateModel("acme/llama"),
      /acme\/llama: config\.json: "mlp_bias" is not implemented for Llama; found true/,
      ModelConfigError,
    );
    assert.ok(!server.requests.some((request) => request.includes("safetensors")));
  });

  it("without a network is an error that says what was looked for", async () => {
    const gone = await HubServer.start();
    newPlace({ HF_ENDPOINT: gone.endpoint });
    gone.close();
    await assertRefused(
      () => locateModel("gpt2"),
      /no base model "gpt2" on this machine.*cannot be reached; found ECONNREFUSED.*openai-community\/gpt2/,
      HubError,
    );
  });

  it("offline, is found in the cache and nowhere else", async () => {
    newPlace();
    const snapshot = await locateModel("gpt2");
    process.env.HF_HUB_OFFLINE = "1";
    server.requests.length = 0;
    assert.equal(await locateModel("gpt2-small"), snapshot);
    await assertRefused(() => locateModel("gpt2-xl"), /HF_HUB_OFFLINE is set/, HubError);
    assert.deepEqual(server.requests, []);
  });
});

describe("a model whose tokenizer is not in the cache", () => {
  it("is asked for it, and used without it if the hub does not answer", async () => {
    const { cache } = newPlace();
    const snapshot = await locateModel("gpt2");
    // As if Python had loaded only the model.
    rmSync(join(cache, "models--openai-community--gpt2", ".no_exist"), { recursive: true });
    server.requests.length = 0;
    server.status = { code: 503 };
    assert.equal(await locateModel("gpt2"), snapshot);
    assert.ok(server.requests.length > 0);
    server.status = undefined;
    assert.equal(await locateModel("gpt2"), snapshot);
    server.requests.length = 0;
    assert.equal(await locateModel("gpt2"), snapshot);
    assert.deepEqual(server.requests, []);
  });
});

describe("by name", () => {
  it("a model is loaded from the hub, and runs on token ids without a tokenizer", async () => {
    const { cache } = newPlace();
    const model = await HookedTransformer.fromPretrained("gpt2-small", { revision: "main" });
    try {
      assert.ok(model.folder.startsWith(cache));
      assert.equal(model.tokenizer, null);
      assert.ok(!("revision" in model.processing));
      const logits = model.forward([1, 2, 3]);
      assert.deepEqual(logits.shape, [1, 3, 300]);
      logits.dispose();
      assert.throws(() => model.toTokens("text"), InputError);
    } finally {
      model.dispose();
    }
  });

  // The golden heads' base_model_name is "gpt2".
  it("a head's base_model_name goes through the same door", async () => {
    const { cache } = newPlace();
    const head = await openHead(
      fixture("golden-a", "heads", "regression_linear", "neuron_l1_n7_20250422_173314"),
    );
    assert.ok(head.model.folder.startsWith(cache));
    head.model.dispose();
  });
});
