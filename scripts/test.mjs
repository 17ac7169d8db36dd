// `npm test [FILE…]`: lint, types, then every test (or the files named) under Node's own runner.
import { filesUnder, inProject, quietTensorFlow, runNode } from "./project.mjs";

const named = process.argv.slice(2);
const tests = named.length > 0 ? named : filesUnder(inProject("tests"), ".test.ts");

const steps = [
  { name: "lint", args: ["node_modules/@biomejs/biome/bin/biome", "check"] },
  // By path: tslab puts its own, older `tsc` into node_modules/.bin.
  { name: "types", args: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.check.json"] },
  {
    name: "tests",
    args: ["--import", "tsx", "--test", "--test-concurrency=2", "--test-reporter=spec", ...tests],
  },
];

for (const { name, args } of steps) {
  const started = performance.now();
  const passed = runNode(args, quietTensorFlow);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${passed ? "passed" : "FAILED"} in ${seconds} s`);
  if (!passed) process.exit(1);
}
