// `npm test [-- FILE…]`: lint, types, then every test (or the files named) under Node's own runner.
import { spawnSync } from "node:child_process";
import {
  filesUnder,
  inProject,
  projectRoot,
  quietTensorFlow,
  secondsSince,
  typescriptCompiler,
} from "./project.mjs";
import { setUp } from "./setup.mjs";

await setUp();

const named = process.argv.slice(2);
const tests = named.length > 0 ? named : filesUnder(inProject("tests"), ".test.ts");
const runner = ["--import", "tsx", "--test", "--test-concurrency=2", "--test-reporter=spec"];

const failed = [];
for (const { name, args } of [
  {
    name: "lint",
    args: [inProject("node_modules", "@biomejs", "biome", "bin", "biome"), "check"],
  },
  { name: "types", args: [typescriptCompiler, "-p", "tsconfig.check.json"] },
  { name: "tests", args: [...runner, ...tests] },
]) {
  const started = performance.now();
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    stdio: "inherit",
    // No test asks the hub; those of the hub have one of their own.
    env: { ...process.env, ...quietTensorFlow, HF_HUB_OFFLINE: "1" },
  });
  if (error) throw error;
  console.log(`${name}: ${status === 0 ? "passed" : "FAILED"} in ${secondsSince(started)}`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`FAILED: ${failed.join(", ")}`);
  process.exitCode = 1;
}
