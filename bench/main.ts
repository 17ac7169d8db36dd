/**
 * `npm run bench [-- PART… --json]`: memory and speed of a random GPT-2 of 124 million parameters, as
 * ratios within one run. With `--json` an object a line.
 *
 * `--heads N`: as many heads in the study, rather than 200. `--quick`: two minutes, every part small.
 *
 * Each part runs in a process of its own, since memory is measured.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inWords, machine } from "./machine";
import { PARTS } from "./parts";

function main(): void {
  const { values, positionals } = parseArgs({
    options: { json: { type: "boolean" }, heads: { type: "string" }, quick: { type: "boolean" } },
    allowPositionals: true,
  });
  const known = Object.keys(PARTS);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown) throw new Error(`no part "${unknown}": give ${known.join(", ")}, or none for all`);
  console.log(values.json ? JSON.stringify(machine()) : inWords(machine()));
  for (const name of positionals.length > 0 ? positionals : known) {
    const node = ["--expose-gc", "--import", "tsx", join(__dirname, "run-part.ts"), name];
    const { status } = spawnSync(process.execPath, values.json ? [...node, "--json"] : node, {
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        ...(values.heads && { TSLENS_BENCH_HEADS: values.heads }),
        ...(values.quick && { TSLENS_BENCH_QUICK: "1" }),
      },
    });
    if (status !== 0) throw new Error(`bench ${name} failed`);
  }
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
