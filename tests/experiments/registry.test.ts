import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import * as library from "../../src";
import { EXPERIMENTS, experimentOf } from "../../src/experiments/registry";
import { namedResult, resultName } from "../../src/results/named-result";
import { run } from "../cli/run";
import { examplePatching } from "./example-results";

const FOLDER = join(__dirname, "..", "..", "src", "experiments");

describe("the registry of experiments", () => {
  it("knows every folder, by its one line", () => {
    const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((one) => one.isDirectory());
    const lines = readFileSync(join(FOLDER, "all.ts"), "utf8").match(/export \* from/g);
    assert.equal(EXPERIMENTS.length, folders.length);
    assert.equal(lines?.length, folders.length);
    assert.equal(new Set(EXPERIMENTS.map(({ name }) => name)).size, EXPERIMENTS.length);
  });

  it("is in the order in which experiments are read", () => {
    const orders = EXPERIMENTS.map(({ order }) => order);
    assert.deepEqual(
      orders,
      [...orders].sort((a, b) => a - b),
    );
    assert.equal(experimentOf("neuron_sweep")?.command.name, "sweep");
    assert.equal(experimentOf("no_such_thing"), undefined);
  });

  it("gives each a command, with the options that all have, and its export", async () => {
    const { stdout } = await run("--help");
    for (const experiment of EXPERIMENTS) {
      const { name, description } = experiment.command;
      assert.match(stdout, new RegExp(`\\n {2}${name} \\[options\\] <model-dir>`));
      const help = (await run(name, "--help")).stdout;
      assert.ok(help.replace(/\s+/g, " ").includes(description));
      const { option: prompts = "--prompts" } = experiment.command.prompts ?? {};
      for (const option of ["--base", prompts, "--prepend-bos", "--json", "--out"]) {
        assert.ok(help.includes(option), `${name} ${option}`);
      }
      assert.ok(Object.values(library).includes(experiment as never));
    }
  });
});

describe("a result of an experiment", () => {
  const { keyNumbers } = experimentOf("activation_patching")!;
  const result = () => namedResult("activation_patching", keyNumbers, examplePatching());

  it("says its kind, and neither its JSON nor its equality change by that", () => {
    assert.equal(resultName(result()), "activation_patching");
    assert.equal(resultName({ ...result() }), undefined);
    assert.equal(JSON.stringify(result()), JSON.stringify(examplePatching()));
    assert.deepEqual(result(), examplePatching());
  });

  it("prints in a few lines, its key numbers among them", () => {
    const lines = inspect(result()).split("\n");
    const { slope, head_type } = examplePatching();
    assert.match(lines[0]!, new RegExp(`^activation_patching: ${head_type} head in `));
    assert.ok(
      lines.some((line) =>
        line.startsWith(`  slope, one line through all points: ${library.formatNumber(slope)}`),
      ),
    );
    assert.match(lines.at(-1)!, /^ {2}keys: model_path, head_type, /);
    assert.ok(lines.length < 20);
  });
});
