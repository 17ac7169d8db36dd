/** Loading a GPT-2 of 124 million parameters: time beside reading its bytes, and memory. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { type Measurement, measurement, seconds } from "./measurement";
import { memoryPeak, settledMemory } from "./memory-peak";

const RUNS = 5;

export async function loading(folder: string): Promise<Measurement[]> {
  const file = join(folder, "model.safetensors");
  const fileBytes = statSync(file).size;
  await warmUp();
  const before = await settledMemory();
  let model!: HookedTransformer;
  const peak = await memoryPeak(async () => {
    model = await HookedTransformer.fromPretrained(folder);
  });
  model.forward([1, 2, 3], { returnType: null });
  const settled = (await settledMemory()) - before;
  const held = bytesOf(model);
  model.dispose();
  const ratios: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await settledMemory();
    const reading = await seconds(() => readFileSync(file));
    await settledMemory();
    const load = await seconds(async () => {
      model = await HookedTransformer.fromPretrained(folder);
    });
    model.dispose();
    ratios.push(load / reading);
  }
  return [
    measurement("load and process 124M", ratios, "× time", "reading the file's bytes"),
    measurement("peak while loading", [(peak - before) / fileBytes], "× bytes", "the file"),
    measurement("settled after loading", [settled / fileBytes], "× bytes", "the file"),
    measurement("settled after loading", [settled / held], "× bytes", "the processed weights"),
  ];
}

/** Runs a model of a few numbers: the engine's own code and threads are not what is measured. */
async function warmUp(): Promise<void> {
  const tiny = await HookedTransformer.fromPretrained(
    join(__dirname, "..", "tests", "fixtures", "gpt2-variants", "plain"),
  );
  tiny.forward([1, 2, 3], { returnType: null });
  tiny.dispose();
}

/** Bytes of the weights that a model holds: W_U is one of its own once it is processed. */
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
