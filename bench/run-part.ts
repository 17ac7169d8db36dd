/** Runs one part of the bench in this process and prints its lines: `run-part.ts NAME [--json]`. */
import { loadEngine } from "../src/tensors/engine";
import { PARTS } from "./parts";
import { randomGpt2 } from "./random-gpt2";
import { Table } from "./table";

async function main([name, format]: readonly string[]): Promise<void> {
  await loadEngine();
  const table = new Table(console.log);
  for await (const measurement of await PARTS[name](await randomGpt2())) {
    if (format === "--json") console.log(JSON.stringify(measurement));
    else table.add(measurement);
  }
  table.end();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
