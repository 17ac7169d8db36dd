import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, mock } from "node:test";
import { silentProgress } from "../../src/progress/progress";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden } from "../golden";
import { run, runJson } from "./run";

const BASE = ["--base", fixture("golden-a", "base-model")];
const { heads, sequences } = golden();
const folder = temporaryFolder();
const PROMPTS = ["--prompts", put(folder, "prompts.json", JSON.stringify(sequences))];
const HEAD = fixture("golden-a", heads.regression_hidden_relu.dir);

interface Swept {
  hook: string;
  mean_abs_change: number[];
  changes: (number[] | null)[];
  largest: { index: number }[];
}

describe("tslens sweep", () => {
  it("gives each neuron the change that patching it alone gives", async () => {
    const result = await runJson("sweep", HEAD, ...BASE, ...PROMPTS, "--patch", "add:1.5");
    const { target, swept, baseline } = result;
    const patched = await runJson("patch", HEAD, ...BASE, ...PROMPTS, "--patch", "add:1.5");
    // The head's own neuron, as `tslens patch` measures it.
    const own: Swept = swept.find(({ hook }: Swept) => hook === patched.hook);
    const [experiment] = patched.experiments;
    sequences.forEach((_, prompt) => {
      const expected = experiment.prediction[prompt] - patched.baseline.prediction[prompt];
      const change = own.changes[target.index]![prompt];
      assert.ok(Math.abs(change - expected) < 1e-5 * Math.max(1, Math.abs(expected)));
      assert.ok(Math.abs(baseline.prediction[prompt] - patched.baseline.prediction[prompt]) < 1e-5);
    });
    const larger = own.mean_abs_change.filter((size) => size > target.mean_abs_change);
    assert.equal(target.rank, larger.length + 1);
    assert.equal(target.of, own.changes.length);
    assert.equal(
      own.largest[0].index,
      own.mean_abs_change.indexOf(Math.max(...own.mean_abs_change)),
    );
    assert.deepEqual(result.patch, ["add", 1.5]);
    assert.equal(result.is_complete, true);
  });

  it("sweeps the layers and activations it is told to", async () => {
    const all = await runJson("sweep", HEAD, ...BASE, ...PROMPTS, "--all-layers");
    assert.deepEqual(
      all.swept.map(({ hook }: Swept) => hook),
      [0, 1, 2, 3].map((layer) => `blocks.${layer}.mlp.hook_post`),
    );
    const some = await runJson(
      ...["sweep", HEAD, ...BASE, ...PROMPTS],
      ...["--hook", "resid_mid", "--hook", "blocks.0.attn.hook_z"],
    );
    assert.deepEqual(
      some.swept.map(({ hook }: Swept) => hook),
      ["blocks.1.hook_resid_mid", "blocks.0.attn.hook_z"],
    );
    assert.equal(some.target, null);
  });

  it("writes the result and its figure, the same bytes each time", async () => {
    const once = async (name: string) => {
      const out = join(folder, name);
      const { code, stdout } = await run("sweep", HEAD, ...BASE, ...PROMPTS, "--out", out);
      assert.equal(code, 0);
      assert.match(stdout, /rank \d+ of \d+/);
      assert.ok(existsSync(join(out, "neuron_sweep_1_11", "neuron_sweep.html")));
      const text = readFileSync(join(out, "neuron_sweep_1_11.json"), "utf8");
      return text.replace(/"timestamp": "[^"]+"/, "");
    };
    assert.equal(await once("first"), await once("second"));
  });

  it("keeps what it has done when it is interrupted, and goes on with it", async () => {
    const out = join(folder, "interrupted");
    const args = ["sweep", HEAD, ...BASE, ...PROMPTS, "--all-layers"];
    // A real interrupt, so late that neurons are done on all prompts: the longest come last.
    const most = 0.95 * 768 * sequences.length;
    const spy = mock.method(silentProgress, "update", (done: number) => {
      if (done > most) process.kill(process.pid, "SIGINT");
    });
    const stopped = await run(...args, "--max-bytes", "20000", "--out", out);
    spy.mock.restore();
    assert.equal(stopped.code, 1);
    assert.match(stopped.stderr, /interrupted; found \d+ of 768 neurons done.*--resume/);
    const file = join(out, "neuron_sweep_1_11.json");
    const part = JSON.parse(readFileSync(file, "utf8"));
    assert.equal(part.is_complete, false);

    const rest = await runJson(...args, "--resume", file);
    const whole = await runJson(...args);
    assert.equal(rest.is_complete, true);
    whole.swept.forEach(({ changes }: Swept, i: number) => {
      changes.forEach((ofNeuron, neuron) => {
        ofNeuron!.forEach((change, prompt) => {
          assert.ok(Math.abs(rest.swept[i].changes[neuron][prompt] - change) < 2e-5);
        });
      });
    });

    const other = await run(...args, "--patch", "set:1", "--resume", file);
    assert.match(other.stderr, /the sweep to go on with was another one; found another patch/);
  });

  it("refuses what it cannot do, in one line", async () => {
    const cases: [string[], RegExp][] = [
      [["--hook", "pattern"], /has no neurons at a position/],
      [["--hook", "nonsense"], /no such activation.*Did you mean/],
      [["--all-layers", "--hook", "blocks.0.mlp.hook_post"], /--all-layers takes short names/],
      [["--patch", "double"], /not a patch/],
      [["--max-bytes", "-5"], /not an amount of memory/],
      [["--max-bytes", "much"], /--max-bytes is not a list of numbers/],
      [["--resume", join(folder, "nowhere.json")], /nowhere\.json: there is no such file/],
      [["--prompts", put(folder, "one.json", "[[1]]"), "--patch", "resample"], /another prompt/],
    ];
    for (const [name, content, message] of [
      ["other", "{}", /not a neuron sweep's result; found .*expected a file that `tslens sweep/],
      ["deep", "[".repeat(100_000), /nested too deeply/],
      ["list", "[1,2]", /not a neuron sweep's result; found \[1, 2\]/],
    ] as const) {
      cases.push([["--resume", put(folder, `${name}.json`, content)], message]);
    }
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await run("sweep", HEAD, ...BASE, ...PROMPTS, ...args);
      assert.equal(code, 1, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1);
    }
  });
});
