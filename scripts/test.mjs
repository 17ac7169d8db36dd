// `npm test [-- FILE…]`: lint, types, then every test under Node's own runner; or only the files named.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import {
  filesUnder,
  inProject,
  inSetup,
  projectRoot,
  quietTensorFlow,
  secondsSince,
  typescriptCompiler,
} from "./project.mjs";
import { setUp } from "./setup.mjs";
import { referencePython } from "./test/reference-python.mjs";
import { reportSkipped } from "./test/skipped-tests.mjs";

await setUp();

const named = process.argv.slice(2);
const isWhole = named.length === 0;
const isCi = Boolean(process.env.CI);
const tests = isWhole ? filesUnder(inProject("tests"), ".test.ts") : named;
const python = isWhole && isCi ? await referencePython() : null;
const skipped = inSetup("skipped.jsonl");
rmSync(skipped, { force: true });
mkdirSync(inSetup(), { recursive: true });

const checks = [
  { name: "lint", args: [inProject("node_modules", "@biomejs", "biome", "bin", "biome"), "check"] },
  { name: "types", args: [typescriptCompiler, "-p", "tsconfig.check.json"] },
  { name: "types of the page", args: [typescriptCompiler, "-p", "tsconfig.page.json"] },
];
const runner = {
  name: "tests",
  args: [
    ...["--import", "tsx", "--test", "--test-concurrency=2"],
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    `--test-reporter=${inProject("scripts", "test", "skipped-reporter.mjs")}`,
    `--test-reporter-destination=${skipped}`,
    ...tests,
  ],
};
const failed = [];
for (const { name, args } of isWhole ? [...checks, runner] : [runner]) {
  const started = performance.now();
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    stdio: "inherit",
    env: {
      ...process.env,
      ...quietTensorFlow,
      // No test asks the hub; those of the hub have one of their own.
      HF_HUB_OFFLINE: "1",
      ...(python ? { TSLENS_PYTHON: python } : {}),
    },
  });
  if (error) throw error;
  console.log(`${name}: ${status === 0 ? "passed" : "FAILED"} in ${secondsSince(started)}`);
  if (status !== 0) failed.push(name);
}
const needless = reportSkipped(skipped, { python });
if (isCi && needless.length > 0) {
  failed.push(`skipped what this machine could run (${needless.join("; ")})`);
}
if (failed.length > 0) {
  console.error(`FAILED: ${failed.join(", ")}`);
  process.exitCode = 1;
}
