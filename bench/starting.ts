/** Commands as whole processes, beside a Node that does nothing and one that only reads the weights. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "../src/stats/random-stream";
import { type Measurement, measurement, seconds } from "./measurement";
import { isQuick } from "./quick";
import { randomHead } from "./random-head";

/** GPT-2 small's. */
const D_MODEL = 768;

const TSLENS = join(__dirname, "..", "bin", "tslens.js");
/** A pair of short processes takes a fifth of a second, one of long ones some seconds. */
const [SHORT_TURNS, LONG_TURNS] = isQuick ? [5, 1] : [15, 5];
const [PROMPTS, TOKENS, VOCABULARY] = [5, 8, 50_257];
const LAYER = 8;

/** @param folder of the random GPT-2 of 124 million parameters */
export async function* starting(folder: string): AsyncGenerator<Measurement> {
  const nothing = ["-e", "0"];
  for (const option of ["--version", "--help"]) {
    yield await beside(`tslens ${option}`, [TSLENS, option], "`node -e 0`", nothing, SHORT_TURNS);
  }
  const target = { layer_type: "post", target_layer: LAYER, target_neuron: 7 } as const;
  const head = await randomHead(join(folder, "..", `head-l${LAYER}`), D_MODEL, target);
  const prompts = join(folder, "..", "prompts.json");
  const stream = randomStream(0, "bench prompts");
  const ids = () => Array.from({ length: TOKENS }, () => stream.integer(0, VOCABULARY - 1));
  writeFileSync(prompts, JSON.stringify(Array.from({ length: PROMPTS }, ids)));
  const patch = [TSLENS, "patch", head, "--base", folder, "--prompts", prompts, "--json"];
  const file = JSON.stringify(join(folder, "model.safetensors"));
  const reading = ["-e", `require("node:fs").readFileSync(${file})`];
  const what = `tslens patch --json, ${PROMPTS} prompts, 5 factors, layer ${LAYER} of 124M`;
  const other = "a Node that reads the weights";
  yield await beside(what, patch, other, reading, LONG_TURNS);
  yield await beside(
    `${what}, --no-controls`,
    [...patch, "--no-controls"],
    other,
    reading,
    LONG_TURNS,
  );
}

/** Whole processes in turn, after one of each that does not count. */
async function beside(
  what: string,
  command: readonly string[],
  other: string,
  reference: readonly string[],
  turns: number,
): Promise<Measurement> {
  const ratios: number[] = [];
  const times: number[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const theirs = await seconds(() => run(reference));
    const ours = await seconds(() => run(command));
    if (turn === 0) continue;
    times.push(ours);
    ratios.push(ours / theirs);
  }
  const median = [...times].sort((a, b) => a - b)[times.length >> 1];
  return measurement(`${what} (${median.toPrecision(3)} s)`, ratios, "× time", other);
}

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(stderr);
}
