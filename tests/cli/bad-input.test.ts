import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden } from "../golden";
import { type Run, run } from "./run";

const BASE = fixture("golden-a", "base-model");
const HEAD = fixture("golden-a", golden().heads.regression_hidden_relu.dir, "best_model");
const TOKEN_HEAD = fixture("golden-a", golden().heads.token.dir, "best_model");
const folder = temporaryFolder();
const PROMPTS = put(folder, "prompts.json", "[[1, 2], [3]]");
let copies = 0;

// Names of base models lead nowhere: neither to the hub nor to what this machine has of it.
process.env.HF_HUB_OFFLINE = "1";
process.env.HF_HUB_CACHE = join(folder, "cache");

type Json = Record<string, unknown>;

/** A copy of a folder whose config.json `change` has changed. */
function changed(source: string, change: (config: Json & { head_config: Json }) => void): string {
  const copy = join(folder, `copy-${copies++}`);
  cpSync(source, copy, { recursive: true });
  const file = join(copy, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  change(config);
  writeFileSync(file, JSON.stringify(config));
  return copy;
}

/** A copy of a folder in which one file is `content`, or is not there. */
function withFile(source: string, name: string, content: string | null): string {
  const copy = changed(source, () => {});
  if (content === null) rmSync(join(copy, name));
  else writeFileSync(join(copy, name), content);
  return copy;
}

const set = (key: string, value: unknown) => (config: Json) => {
  config[key] = value;
};

/** Exit code 1, one line on stderr that matches, nothing on stdout. */
function refused({ code, stdout, stderr }: Run, pattern: RegExp): void {
  assert.equal(stdout, "");
  assert.match(stderr, /^tslens: [^\n]+\n$/);
  assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /not foreseen/);
  assert.equal(code, 1);
}

const HEADS: [why: string, dir: string, pattern: RegExp][] = [
  ["no such directory", join(folder, "nowhere"), /nowhere: .*expected/],
  ["an empty directory", join(folder, "empty"), /empty: .*found none, expected .*head\.pt/],
  ["no config.json", withFile(HEAD, "config.json", null), /config\.json/],
  ["no head.pt", withFile(HEAD, "head.pt", null), /expected a folder with head\.pt/],
  ["config.json is not JSON", withFile(HEAD, "config.json", "{,"), /config\.json: .*not JSON/],
  ["config.json is a list", withFile(HEAD, "config.json", "[1]"), /config\.json: .*an object/],
  ["config.json is empty", withFile(HEAD, "config.json", ""), /config\.json: .*not JSON/],
  ["head.pt is empty", withFile(HEAD, "head.pt", ""), /head\.pt: .*found an empty file/],
  [
    "head.pt is a Git LFS pointer",
    withFile(HEAD, "head.pt", "version https://git-lfs.github.com/spec/v1\n"),
    /head\.pt: .*Git LFS pointer.*git lfs pull/,
  ],
  [
    "an unknown head type",
    changed(HEAD, set("head_type", "ranking")),
    /config\.json: "head_type" .*found "ranking", expected "regression"/,
  ],
  [
    "another class's weights",
    changed(HEAD, (config) => Object.assign(config.head_config, { hidden_dim: 17 })),
    /head\.pt: "hidden\.weight" .*found shape \[16, 48\], expected \[17, 48\]/,
  ],
  [
    "a head of another d_model",
    changed(HEAD, set("d_model", 64)),
    /config\.json: .*contradict.*48 and 64/,
  ],
  [
    "a layer out of range",
    changed(HEAD, set("target_layer", 4)),
    /config\.json: "target_layer" .*found 4, expected 0 to 3/,
  ],
  [
    "a neuron out of range",
    changed(HEAD, set("target_neuron", 48)),
    /config\.json: "target_neuron" .*found 48, expected 0 to 47/,
  ],
  [
    "a negative neuron",
    changed(HEAD, set("target_neuron", -1)),
    /config\.json: "target_neuron" .*found -1/,
  ],
  [
    "a feature layer out of range",
    changed(HEAD, set("feature_layer", -5)),
    /config\.json: "feature_layer" .*found -5, expected .*-4 to 3/,
  ],
  [
    "an unknown activation",
    changed(HEAD, set("layer_type", "mlp_oot")),
    /config\.json: "layer_type" .*"mlp_oot".*mlp_out/,
  ],
  [
    "an activation of another layer",
    changed(HEAD, set("layer_type", "blocks.2.hook_mlp_out")),
    /config\.json: "layer_type" and "target_layer" contradict .*blocks\.2\.hook_mlp_out" and 1/,
  ],
  [
    "an activation over pairs of positions",
    changed(HEAD, set("layer_type", "pattern")),
    /config\.json: "layer_type" .*pattern/,
  ],
  [
    "digit tokens outside the vocabulary",
    changed(TOKEN_HEAD, (config) => {
      config.head_config.digit_tokens = [20, 21, 22, 23, 24, 25, 26, 27, 28, 300];
    }),
    /config\.json: "digit_tokens" .*found 300, expected 0 to 299/,
  ],
  [
    "no digit tokens and no tokenizer",
    changed(TOKEN_HEAD, (config) => {
      delete config.head_config.digit_tokens;
    }),
    /config\.json: "digit_tokens" is missing .*tokenizer\.json/,
  ],
];
mkdirSync(join(folder, "empty"));

const BASES: [why: string, base: string, pattern: RegExp][] = [
  ["no such base model", "no-such-model", /no base model "no-such-model".*config\.json/],
  ["no config.json", withFile(BASE, "config.json", null), /config\.json/],
  ["no weights", withFile(BASE, "model.safetensors", null), /no weights.*model\.safetensors/],
  ["damaged weights", withFile(BASE, "model.safetensors", "garbage"), /model\.safetensors: /],
  [
    "another architecture",
    changed(BASE, set("model_type", "bloom")),
    /config\.json: this family .* not known; found "model_type": "bloom"/,
  ],
  [
    "an activation function that is not supported",
    changed(BASE, set("activation_function", "xielu")),
    /config\.json: "activation_function" .*found "xielu"/,
  ],
  [
    "weights of another width",
    changed(BASE, set("vocab_size", 301)),
    /wte\.weight" .*found \[300, 48\], expected \[301, 48\]/,
  ],
  ["a billion layers", changed(BASE, set("n_layer", 1e9)), /config\.json: "n_layer" .*1000000000/],
  ["weights of another depth", changed(BASE, set("n_layer", 5)), /12 missing \(h\.4/],
  ["heads that do not divide", changed(BASE, set("n_head", 5)), /n_embd 48, n_head 5/],
];

describe("a model directory that cannot be used", () => {
  for (const [why, dir, pattern] of HEADS) {
    it(why, async () => {
      const out = join(folder, "out");
      const options = ["--base", BASE, "--json", "--out", out];
      refused(await run("weights", dir, ...options), pattern);
      refused(await run("patch", dir, ...options, "--prompts", PROMPTS), pattern);
      assert.ok(!existsSync(out), "something was written");
    });
  }
});

describe("a base model that cannot be used", () => {
  for (const [why, base, pattern] of BASES) {
    it(why, async () => {
      refused(await run("weights", HEAD, "--base", base), pattern);
      const out = join(folder, "out.safetensors");
      refused(await run("activations", base, "--tokens", "1", "--out", out), pattern);
      assert.ok(!existsSync(out), "something was written");
    });
  }

  it("the head's own base_model_name is not there", async () => {
    refused(await run("weights", HEAD), /no base model "gpt2".*--base/);
  });

  it("a base model of another width than the head's", async () => {
    const wider = changed(TOKEN_HEAD, (config) => {
      config.d_model = 64;
      config.head_config.input_dim = 64;
    });
    const pattern = /config\.json: .*another base model; found d_model 64, expected 48/;
    refused(await run("weights", wider, "--base", BASE), pattern);
  });
});

describe("prompts that cannot be used", () => {
  const cases: [why: string, content: string | null, pattern: RegExp][] = [
    ["no such file", null, /prompts-\d+\.json: /],
    ["not JSON", "[[1]", /prompts-\d+\.json: .*not JSON/],
    ["no list", '{"a": 1}', /prompts-\d+\.json: .*found object, expected a JSON list/],
    ["an empty list", "[]", /prompts-\d+\.json: .*found an empty list/],
    ["a number", "[[1], 7]", /prompts-\d+\.json: prompt 1 .*found 7/],
    ["ids that are not whole", "[[1.5]]", /prompts-\d+\.json: prompt 0 .*found \[1\.5\]/],
    ["an empty prompt", "[[1], []]", /prompts-\d+\.json: prompt 1 is empty.*at least one token/],
    ["an id outside the vocabulary", "[[1], [2, 300]]", /prompts-\d+\.json: prompt 1 .*found 300/],
    [
      "a prompt beyond the context",
      JSON.stringify([[1], new Array(65).fill(1)]),
      /prompts-\d+\.json: prompt 1 .*found 65 tokens, expected at most 64\. /,
    ],
    ["a text without a tokenizer", '[[1], "text"]', /prompts-\d+\.json: prompt 1 .*no tokenizer/],
    ["JSON that is a text", '"[1]"', /prompts-\d+\.json: .*found string, expected a JSON list/],
  ];
  for (const [why, content, pattern] of cases) {
    it(why, async () => {
      const name = `prompts-${copies++}.json`;
      const file = content === null ? join(folder, name) : put(folder, name, content);
      const out = join(folder, "out");
      const options = ["--base", BASE, "--prompts", file, "--out", out];
      refused(await run("patch", HEAD, ...options), pattern);
      refused(await run("weights", HEAD, ...options), pattern);
      assert.ok(!existsSync(out), "something was written");
    });
  }
});

it("a patch after which there is no number: a layer norm's divisor times 0", async () => {
  const dir = changed(HEAD, (config) => {
    Object.assign(config, { layer_type: "ln2.hook_scale", target_neuron: 0 });
  });
  const pattern = /scale:0 of blocks\.1\.ln2\.hook_scale gives no number on prompt 0; .*hook_scale/;
  refused(await run("patch", dir, "--base", BASE, "--prompts", PROMPTS), pattern);
});

describe("options that cannot be used", () => {
  const head = [HEAD, "--base", BASE];
  const patch = ["patch", ...head, "--prompts", PROMPTS];
  const cases: [args: string[], pattern: RegExp][] = [
    [[], /no command; expected inspect, .*notebook/],
    [["wieghts"], /no such command; found "wieghts".* Did you mean `tslens weights`\?/],
    [["pach"], /no such command; found "pach".* Did you mean `tslens patch`\?/],
    [["PATCH"], /Did you mean `tslens patch`\?/],
    [["ptach", HEAD], /Did you mean `tslens patch`\?/],
    [["train_head"], /Did you mean `tslens train-head`\?/],
    [["train"], /Did you mean `tslens train-head`\?/],
    [["notebok"], /Did you mean `tslens notebook`\?/],
    [["xy"], /no such command; found "xy", expected inspect, .*report\. `tslens --help`/],
    [[""], /no such command; found "", expected inspect, .*report\. `tslens --help`/],
    [["q".repeat(10_000)], /no such command; found "q{10,100}…", expected/],
    [["weights"], /missing required argument 'model-dir'/],
    [["weights", "a", "b"], /too many arguments/],
    [["weights", ...head, "--sead", "1"], /unknown option '--sead'.*--seed/],
    [["weights", ...head, "--seed", "x"], /--seed .*found "x"/],
    [["weights", ...head, "--seed"], /'--seed <n>' argument missing/],
    [["activations", BASE, "--tokens", "1"], /'--out <file>' not specified/],
    [["inspect", join(folder, "nothing.pt")], /nothing\.pt: there is no such file/],
    [["inspect", PROMPTS], /prompts\.json: this is not a file of tensors/],
    [["inspect", join(folder, "empty")], /empty: /],
    [[...patch, "--patch", "set"], /not a patch; found set, expected set:VALUE/],
    [[...patch, "--patch", "set:x"], /not a patch; found set:x, expected/],
    [[...patch, "--patch", "set:NaN"], /not a patch; found set:NaN, expected/],
    [[...patch, "--patch", "scale:-Infinity"], /not a patch; found scale:-Infinity, expected/],
    [[...patch, "--patch", "add:1,5"], /not a patch; found add:1,5, expected/],
    [[...patch, "--patch", "resample:NaN"], /not a patch; found resample:NaN, expected/],
    [[...patch, "--patch", ""], /not a patch; found nothing, expected/],
    [["sweep", ...head, "--patch", "set:NaN"], /not a patch; found set:NaN, expected/],
    [["sweep", ...head, "--max-bytes", "1,2"], /--max-bytes takes one number; found "1,2"/],
    [["sweep", ...head, "--max-bytes", ""], /--max-bytes .*found a gap in ""/],
    [[...patch, "--patch", "set:1e39"], /not a patch; found \["set",1e\+39\]/],
    [[...patch, "--patch", "multiply:2"], /not a patch; found multiply:2/],
    [[...patch, "--patch", "resample:2"], /resample .*2 prompts/],
    [[...patch, "--factors", "0,a"], /--factors .*found "a"/],
    [[...patch, "--factors", "1,Infinity"], /--factors .*found "Infinity"/],
    [[...patch, "--factors", ""], /--factors .*found a gap in ""/],
    [[...patch, "--factors", "0,,1"], /--factors .*found a gap in "0,,1"/],
    [[...patch, "--factors", "0,1,"], /--factors .*found a gap in "0,1,"/],
    [[...patch, "--factors", "0 , , 1"], /--factors .*found a gap in "0 , , 1"/],
    [[...patch, "--factors", "NaN"], /--factors .*found "NaN"/],
    [["notebook", "nothing", "--model-dir", HEAD], /no such notebook; found "nothing"/],
    [["notebook", "activation_patching"], /'--model-dir <dir>' not specified/],
    [["notebook", "activation_patching", "--model-dir", "nowhere"], /nowhere: /],
  ];
  for (const [args, pattern] of cases) {
    it(args.slice(0, 1).concat(args.slice(-2)).join(" ").replaceAll(folder, "…"), async () => {
      refused(await run(...args), pattern);
    });
  }
});
