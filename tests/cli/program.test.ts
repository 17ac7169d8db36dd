import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { COMMANDS } from "../../src/cli/commands";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden } from "../golden";
import { MAIN, run, spawnCli } from "./run";

const folder = temporaryFolder();
const project = join(__dirname, "..", "..");
const BASE = fixture("golden-a", "base-model");
const HEAD = fixture("golden-a", golden().heads.regression_linear.dir);

describe("tslens as a program of its own", () => {
  it("--json: JSON on stdout, nothing on stderr", async () => {
    const prompts = put(folder, "prompts.json", JSON.stringify(golden().sequences));
    const args = ["patch", HEAD, "--base", BASE, "--prompts", prompts, "--json"];
    const { code, stdout, stderr } = await spawnCli(args, { cwd: folder });
    assert.deepEqual([code, stderr], [0, ""]);
    const { slope } = golden().heads.regression_linear.regression;
    assert.ok(Math.abs(JSON.parse(stdout).slope - slope) < 1e-5, stdout);
  });

  it("an error after the engine was loaded: exit code 1, one line on stderr", async () => {
    const args = ["activations", BASE, "--tokens", "300", "--out", join(folder, "x.safetensors")];
    const { code, stdout, stderr } = await spawnCli(args);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^tslens: the prompt has a token id outside [^\n]+\n$/);
  });

  it("a reader that goes away ends it quietly", async () => {
    const file = join(folder, "large.safetensors");
    const data = new Float32Array(1_000_000);
    await writeSafetensors(file, new Map([["w", { dtype: "float32", shape: [1e6], data }]]));
    const args = ["--import", require.resolve("tsx"), MAIN, "inspect", file, "--json", "--values"];
    const child: ChildProcess = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr!.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.stdout!.once("data", () => child.stdout!.destroy());
    const [code] = await once(child, "close");
    assert.deepEqual([code, stderr], [0, ""]);
  });
});

describe("tslens says what there is", () => {
  const commands = "inspect activations weights patch sweep train-head notebook report".split(" ");

  it("--help names every command", async () => {
    const { code, stdout, stderr } = await run("--help");
    assert.deepEqual([code, stderr], [0, ""]);
    for (const command of commands) assert.match(stdout, new RegExp(`^ +${command} `, "m"));
  });

  it("--help and --version load no library but commander, which takes longer than they do", async () => {
    const script = `const { runCli } = require(${JSON.stringify(join(project, "src/cli/run-cli.ts"))});
      runCli(["--help"], { print: async () => {}, note() {} }).then(() => {
        const packages = Object.keys(require.cache)
          .map((file) => file.split(/[\\\\/]node_modules[\\\\/]/)[1]?.split(/[\\\\/]/)[0]);
        console.log(JSON.stringify([...new Set(packages)].filter(Boolean).sort()));
      });`;
    const { stdout } = spawnSync(
      process.execPath,
      ["--import", require.resolve("tsx"), "-e", script],
      { encoding: "utf8" },
    );
    const runner = ["esbuild", "get-tsconfig", "tsx"];
    assert.deepEqual(
      JSON.parse(stdout).filter((name: string) => !runner.includes(name)),
      ["commander", "fastest-levenshtein"],
    );
  });

  it("every command that is there is found by its own name", async () => {
    for (const { name } of COMMANDS) {
      assert.match((await run(name, "--help")).stdout, new RegExp(`^Usage: tslens ${name} `));
    }
  });

  for (const command of commands) {
    it(`${command} --help, with each default once`, async () => {
      const { code, stdout, stderr } = await run(command, "--help");
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, new RegExp(`^Usage: tslens ${command} \\[options\\]( [<[]|\n)`));
      // An argument or option begins in the third column, its further lines far behind it.
      for (const entry of stdout.split(/\n(?= {2}\S)/)) {
        assert.ok((entry.match(/default:/g) ?? []).length <= 1, entry);
        assert.doesNotMatch(entry, /default: (\[\]|""|undefined|null)/);
      }
    });
  }

  it("--version", async () => {
    const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    assert.deepEqual(await run("--version"), { code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

it("npm finds the program before and after set-up: it is in the repository and may be run", () => {
  const { bin } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  const program = join(project, bin.tslens);
  assert.match(readFileSync(program, "utf8"), /^#!\/usr\/bin\/env node\n/);
  assert.ok(process.platform === "win32" || statSync(program).mode & 0o100);
});
