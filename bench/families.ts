/**
 * A model of each kind of block: loading it, a forward of 1×128, and 25 patched runs of five prompts, in
 * seconds and, where a Python has transformers, beside that.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { type Measurement, measurement, seconds } from "./measurement";
import { caseOf, ourPatching, randomPrompts } from "./patch-case";
import { benchPython, hasLibrary } from "./python-batch";
import { isQuick } from "./quick";
import { KINDS, randomFamily } from "./random-family";

const RUNS = isQuick ? 1 : 5;
const LAYER = 4;
const LENGTH = 64;
const PATCHED = 25;

/** Seconds of each run. */
interface Times {
  readonly load: number[];
  readonly forward: number[];
  readonly patched: number[];
}

const NAMES: Readonly<Record<keyof Times, string>> = {
  load: "load",
  forward: "a forward of 1×128",
  patched: `${PATCHED} patched runs of layer ${LAYER}, ${LENGTH} tokens`,
};

export async function* families(): AsyncGenerator<Measurement> {
  const hasPython = !isQuick && hasLibrary("transformers");
  if (!hasPython && !isQuick)
    console.error(`${benchPython()} has no transformers: it is not measured`);
  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
  for (const kind of isQuick ? kinds.slice(0, 1) : kinds) {
    const folder = await randomFamily(kind);
    const ours = await ourTimes(folder);
    const theirs = hasPython ? theirTimes(folder) : null;
    for (const part of Object.keys(NAMES) as (keyof Times)[]) {
      const name = `${kind}: ${NAMES[part]}`;
      yield measurement(name, ours[part], "s", "the clock");
      if (!theirs) continue;
      const [median] = [...theirs[part]].sort((a, b) => a - b).slice(theirs[part].length >> 1);
      const ratios = ours[part].map((time) => time / median);
      yield measurement(name, ratios, "× time", "transformers on PyTorch");
    }
  }
}

async function ourTimes(folder: string): Promise<Times> {
  const times: Times = { load: [], forward: [], patched: [] };
  for (let run = 0; run < 2; run++) {
    let model!: HookedTransformer;
    times.load.push(
      await seconds(async () => {
        model = await HookedTransformer.fromPretrained(folder);
      }),
    );
    const [tokens] = randomPrompts(model, 128);
    const patchCase = caseOf(model, LAYER, LENGTH, PATCHED);
    const forward = () => {
      const logits = model.forward(tokens);
      logits.dataSync();
      logits.dispose();
    };
    forward();
    await ourPatching(patchCase);
    for (let turn = 0; turn < RUNS; turn++) {
      times.forward.push(await seconds(forward));
      times.patched.push((await ourPatching(patchCase)).seconds);
    }
    model.dispose();
  }
  return times;
}

function theirTimes(folder: string): Times {
  const script = join(__dirname, "family_times.py");
  const { stdout, status } = spawnSync(
    benchPython(),
    [script, folder, String(LAYER), String(LENGTH), String(PATCHED), String(RUNS)],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0) throw new Error("transformers could not be measured");
  return JSON.parse(stdout);
}
