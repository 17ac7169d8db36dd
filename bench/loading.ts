/** Loading a GPT-2 of 124 million parameters: time beside reading its bytes, and memory. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { loadEngine } from "../src/tensors/engine";
import { type Measurement, measurement, seconds } from "./measurement";
import { memoryPeak, settledMemory } from "./memory-peak";
import { isQuick } from "./quick";

const TIMED_RUNS = isQuick ? 3 : 7;
/** Each in a process of its own: what a process freed is not given back at once. */
const MEASURED_PROCESSES = isQuick ? 1 : 5;

/** Bytes above those of the process before loading. */
interface LoadingMemory {
  readonly peak: number;
  readonly settled: number;
  /** Of the processed weights. */
  readonly held: number;
}

export async function loading(folder: string): Promise<Measurement[]> {
  const file = join(folder, "model.safetensors");
  const fileBytes = statSync(file).size;
  const memory = Array.from({ length: MEASURED_PROCESSES }, () => memoryInOwnProcess(folder));
  return [
    measurement(
      "load and process 124M",
      await timesBesideReading(folder, file),
      "× time",
      "reading the file's bytes",
    ),
    measurement(
      "peak while loading",
      memory.map(({ peak }) => peak / fileBytes),
      "× bytes",
      "the file",
    ),
    measurement(
      "settled after loading",
      memory.map(({ settled }) => settled / fileBytes),
      "× bytes",
      "the file",
    ),
    measurement(
      "processed weights",
      memory.map(({ held }) => held / fileBytes),
      "× bytes",
      "the file",
    ),
  ];
}

async function timesBesideReading(folder: string, file: string): Promise<number[]> {
  await warmUp();
  const ratios: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run++) {
    await settledMemory();
    const reading = await seconds(() => readFileSync(file));
    await settledMemory();
    let model!: HookedTransformer;
    const load = await seconds(async () => {
      model = await HookedTransformer.fromPretrained(folder);
    });
    model.dispose();
    ratios.push(load / reading);
  }
  return ratios;
}

function memoryInOwnProcess(folder: string): LoadingMemory {
  const node = ["--expose-gc", "--import", "tsx", __filename, folder];
  const { stdout, status } = spawnSync(process.execPath, node, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error("the memory of loading could not be measured");
  return JSON.parse(stdout);
}

async function memoryOfLoading(folder: string): Promise<LoadingMemory> {
  await loadEngine();
  await warmUp();
  const before = await settledMemory();
  let model!: HookedTransformer;
  const peak = await memoryPeak(async () => {
    model = await HookedTransformer.fromPretrained(folder);
  });
  model.forward([1, 2, 3], { returnType: null });
  const settled = await settledMemory();
  return { peak: peak - before, settled: settled - before, held: bytesOf(model) };
}

/** Runs a model of a few numbers: the engine's own code and threads are not what is measured. */
async function warmUp(): Promise<void> {
  const tiny = await HookedTransformer.fromPretrained(
    join(__dirname, "..", "tests", "fixtures", "gpt2-variants", "plain"),
  );
  tiny.forward([1, 2, 3], { returnType: null });
  tiny.dispose();
}

/** Bytes of the weights that a model holds, each tensor once. */
function bytesOf({ weights }: HookedTransformer): number {
  const tensors = new Set<{ size: number }>();
  const collect = (value: unknown): void => {
    if (value === null || typeof value !== "object") return;
    if ("size" in value && "shape" in value) tensors.add(value as { size: number });
    else for (const part of Object.values(value)) collect(part);
  };
  collect(weights);
  return [...tensors].reduce((sum, { size }) => sum + 4 * size, 0);
}

if (require.main === module) {
  memoryOfLoading(process.argv[2]).then((memory) => console.log(JSON.stringify(memory)));
}
