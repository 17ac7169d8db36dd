import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import ts from "typescript";
import * as library from "../src/index";

const PROJECT = join(__dirname, "..");
const SOURCES = join(PROJECT, "src");

/** Examples that another test runs. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  "training/train-head.ts": "tests/training/tutorial.test.ts trains such a head",
  "study/run-study.ts": "tests/study runs studies, in processes that start in another folder",
  "study/share-groups.ts":
    "tests/study/figures.test.ts and tables.test.ts make it of a study's rows",
  "study/study-files.ts":
    "tests/study/figures.test.ts and tables.test.ts make it of a study's rows",
  "study/tables.ts": "tests/study/figures.test.ts and tables.test.ts make it of a study's rows",
  "study/figures/atlas.ts":
    "tests/study/figures.test.ts and tables.test.ts make it of a study's rows",
  "study/figures/forest.ts":
    "tests/study/figures.test.ts and tables.test.ts make it of a study's rows",
  "study/figures/share-by.ts":
    "tests/study/figures.test.ts and tables.test.ts make it of a study's rows",
};

interface Example {
  readonly file: string;
  readonly code: string;
}

/** The code under each `@example` of a file's doc comments. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(join(SOURCES, file), "utf8");
  return [...text.matchAll(/^\s*\* @example\n((?:\s*\*(?!\/).*\n)+)/gm)].map(([, block]) => ({
    file,
    code: block.replace(/^\s*\* ?/gm, "").replace(/^@\w+[\s\S]*/m, ""),
  }));
}

const examples = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !(file.replaceAll("\\", "/") in RUN_ELSEWHERE))
  .flatMap(examplesOf);

/** Runs an example as a notebook's cell, with what it takes for granted. */
async function run(code: string, known: Readonly<Record<string, unknown>>): Promise<void> {
  const { outputText } = ts.transpileModule(`{${code}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.None },
  });
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction(...Object.keys(known), outputText)(...Object.values(known));
}

describe("the examples in the doc comments", () => {
  const home = process.cwd();
  let folder: string;
  let known: Record<string, unknown>;
  const modules = new Map<string, Record<string, unknown>>();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tslens-examples-"));
    mkdirSync(join(folder, "models"));
    mkdirSync(join(folder, "results"));
    for (const name of readdirSync(join(PROJECT, "models"))) {
      symlinkSync(join(PROJECT, "models", name), join(folder, "models", name));
    }
    process.chdir(folder);
    writeFileSync("texts.txt", "Once upon a time.\nThe king said no.\n");
    for (const { file } of examples) modules.set(file, await import(join(SOURCES, file)));
    known = await whatExamplesKnow();
  });
  after(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });

  examples.forEach(({ file, code }, i) => {
    it(`${file}, number ${i}: ${code.trim().split("\n")[0]}`, () =>
      run(code, { ...known, ...modules.get(file) }));
  });

  it("are there", () => {
    assert.ok(examples.length > 50);
  });
});

/** Every function of the library, and the model, head, results and figures that examples start from. */
async function whatExamplesKnow(): Promise<Record<string, unknown>> {
  const { HookedTransformer, openHead, analyzeActivationPatching, analyzeLinearWeights } = library;
  const head = await openHead("models/neuron_l2_n52_20261122_120000");
  const model = await HookedTransformer.fromPretrained("models/tiny-gpt2");
  const prompts = ["Once upon a time", "The king said", "It was a dark", "My dear"];
  const [logits, cache] = model.runWithCache(prompts[0], { namesFilter: () => true });
  logits.dispose();
  const patching = await analyzeActivationPatching(head, prompts);
  const runs = {
    prompts,
    baseline: {
      activations: patching.baseline.activation,
      predictions: patching.baseline.prediction,
    },
    factors: patching.scale_factors,
    activations: patching.scaling.map(({ activation }) => activation),
    predictions: patching.scaling.map(({ prediction }) => prediction),
  };
  const result = await analyzeLinearWeights(head);
  const figure = library.linearWeightsFigures(result).weight_distributions;
  const quiet = { ...console, log: () => {} };
  return Object.assign({}, library, library.figures, library.stats, {
    tf: Object.assign({}, tf),
    model,
    head,
    cache,
    prompts,
    result,
    patching,
    runs,
    figure,
    linear: result.linear_weights,
    mlpIn: result.mlp_input_weights,
    mlpOut: result.mlp_output_weights,
    console: quiet,
    process: { stdout: { write: () => true } },
    run: () => {},
  });
}
