/**
 * `npm run bench [-- --json]`: memory and speed of a random GPT-2 of 124 million parameters, as ratios
 * within one run. With `--json` an object a line.
 *
 * Each part runs in a process of its own, since memory is measured.
 */
import { spawnSync } from "node:child_process";
import { loadEngine } from "../src/tensors/engine";
import { loading } from "./loading";
import type { Measurement } from "./measurement";
import { randomGpt2 } from "./random-gpt2";
import { running } from "./running";

const PARTS: Record<string, (folder: string) => Promise<Measurement[]>> = { loading, running };

async function main(): Promise<void> {
  const part = PARTS[process.argv[2]];
  const folder = await randomGpt2();
  if (part) {
    await loadEngine();
    for (const line of await part(folder)) console.log(JSON.stringify(line));
    return;
  }
  const asJson = process.argv.includes("--json");
  for (const name of Object.keys(PARTS)) {
    const node = ["--expose-gc", "--import", "tsx", __filename, name];
    const { stdout, status } = spawnSync(process.execPath, node, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`bench ${name} failed`);
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) console.log(asJson ? line : asText(JSON.parse(line)));
  }
}

function asText({ name, ratio, spread, unit, compared_with }: Measurement): string {
  const value = `${ratio} ${unit}`.padEnd(16);
  return `${name.padEnd(50)} ${value} beside ${compared_with} (spread ${spread})`;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
