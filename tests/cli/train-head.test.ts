import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { run, runJson } from "./run";

const BASE = join(__dirname, "..", "..", "models", "tiny-gpt2");
const words = ["king", "queen", "wolf", "fox", "boy", "girl", "ship", "tree", "bird"];
const sentences = words.flatMap((a) => words.map((b) => `The ${a} saw the ${b}`));
const folder = temporaryFolder();
const texts = put(folder, "texts.txt", sentences.join("\n"));
process.env.TSLENS_CACHE = join(folder, "cache");

test("train-head writes a head that the other commands open", async () => {
  const out = join(folder, "models");
  const { directory, config, metrics } = await runJson(
    ...["train-head", "--base", BASE, "--layer", "2", "--texts", texts, "--out", out],
    ...["--timestamp", "20250422_173314"],
  );
  assert.match(directory, /neuron_l2_n\d+_20250422_173314$/);
  assert.equal(config.target_layer, 2);
  assert.equal(config.target_neuron, metrics.scan[0].neuron);
  assert.equal(metrics.texts.count, sentences.length);
  assert.deepEqual(readdirSync(out), [directory.split(/[\\/]/).at(-1)]);
  const weights = await runJson("weights", directory, "--base", BASE);
  assert.equal(weights.target_neuron, config.target_neuron);
});

test("--neurons and --top write a head for each", async () => {
  const given = [
    "--base",
    BASE,
    "--layer",
    "2",
    "--texts",
    texts,
    "--timestamp",
    "20250422_173314",
  ];
  const out = join(folder, "several");
  const { heads, skipped } = await runJson(
    "train-head",
    ...given,
    "--neurons",
    "3,17-19",
    "--out",
    out,
  );
  assert.deepEqual(
    heads.map(({ config }: { config: { target_neuron: number } }) => config.target_neuron),
    [3, 17, 18, 19],
  );
  assert.deepEqual(skipped, []);
  assert.equal(readdirSync(out).length, 4);
  const best = await run("train-head", ...given, "--top", "2", "--out", join(folder, "best"));
  assert.equal(best.code, 0);
  assert.match(best.stdout, /^2 regression heads for neurons of blocks\.2\.hook_mlp_out/);
  assert.equal(readdirSync(join(folder, "best")).length, 2);
});

test("without --json it says how well the head predicts", async () => {
  const { code, stdout } = await run(
    ...["train-head", "--base", BASE, "--layer", "-1", "--neuron", "3", "--layer-type", "post"],
    ...["--head-type", "classification", "--num-bins", "2", "--hidden-dim", "4", "--epochs", "2"],
    ...["--texts", texts, "--out", join(folder, "other")],
  );
  assert.equal(code, 0);
  assert.match(stdout, /^classification head for neuron 3 of blocks\.3\.mlp\.hook_post/);
  assert.match(stdout, /81 texts: 65 to train on, 8 for validation, 8 to test on/);
  assert.match(stdout, /last token alone, test texts/);
  assert.match(stdout, /accuracy on the test texts/);
});

test("bad input is one line on stderr, and nothing is written", async () => {
  const out = join(folder, "nothing");
  const cases: [string[], RegExp][] = [
    [["--layer", "two"], /--layer is not a number; found "two"/],
    [["--layer", "1.5"], /--layer is not a whole number/],
    [["--layer", "9"], /layer is out of range/],
    [["--layer", "2", "--neuron", "128"], /neuron is out of range.*0 to 127/],
    [["--layer", "2", "--head-type", "magic"], /--head-type.*magic.*regression/],
    [["--layer", "2", "--texts", join(folder, "none.txt")], /texts cannot be read; found ENOENT/],
    [["--layer", "2", "--timestamp", "20251332_000000"], /--timestamp is not a moment/],
    [["--layer", "2", "--neurons", "5-3"], /--neurons is no list of neurons; found "5-3"/],
    [["--layer", "2", "--neurons", "1,,2"], /--neurons is no list of neurons; found ""/],
    [["--layer", "2", "--neurons", "1,1"], /a neuron is named twice/],
    [["--layer", "2", "--neurons", "1", "--top", "2"], /--neurons.*cannot be used with.*--top/],
    [["--layer", "2", "--top", "0"], /not a number of neurons/],
    [[], /--layer/],
  ];
  for (const [options, message] of cases) {
    const given = ["--base", BASE, "--texts", texts, "--out", out, ...options];
    const { code, stdout, stderr } = await run("train-head", ...given);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^tslens: [^\n]+\n$/);
    assert.match(stderr, message);
  }
  assert.deepEqual(readdirSync(folder).includes("nothing"), false);
});
