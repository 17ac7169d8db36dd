/**
 * Patching that runs only what a patch can change, beside running whole prompts.
 *
 * The two sides of a ratio take turns, so that a slow minute of the machine slows both. Every
 * prediction of a side that runs whole prompts is compared with ours.
 */
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { blockFlops, matrixRate } from "./matrix-rate";
import { type Measurement, measurement } from "./measurement";
import { memoryPeak, settledMemory } from "./memory-peak";
import { caseOf, ourPatching, type PatchCase, runsOf, type Timed } from "./patch-case";
import { benchPython, hasLibrary, LIBRARIES, startPython } from "./python-batch";
import { isQuick } from "./quick";
import { measuredRuns, paddedBatch, plansLoop, type Side } from "./whole-runs";

/** Turns of the two sides that count, where one takes long. */
const TURNS = 3;

/** With more runs than this, no turn goes before those that count. */
const MANY = 500;

/** A neuron's five factors on five prompts: what an activation patching notebook runs. */
const NOTEBOOK = 25;

/** Every neuron of a layer of GPT-2 small on five prompts. */
const SWEEP = 15_360;

/** How far apart predictions may be, as a share of the largest. */
const TOLERANCE = 1e-4;

const SIDES: readonly Side[] = ["loop", "batch"];
const NAMES: Record<Side, string> = { loop: "the plan's loop", batch: "one padded batch" };

/** What is measured of a model. */
interface Grid {
  readonly name: string;
  /** The first, one between, the last. */
  readonly layers: readonly [number, number, number];
  /** Tokens of the longest prompt. */
  readonly lengths: readonly [short: number, middle: number, long: number];
  /** Turns that count, where one does not take long. */
  readonly turns: number;
}

const TINY_FOLDER = join(__dirname, "..", "models", "tiny-gpt2");

const TINY: Grid = { name: "the tiny model", layers: [0, 2, 3], lengths: [8, 64, 128], turns: 9 };
const LARGE: Grid = { name: "124M", layers: [0, 8, 11], lengths: [8, 64, 512], turns: 3 };

/** @param folder of the random GPT-2 of 124 million parameters */
export async function* patching(folder: string): AsyncGenerator<Measurement> {
  if (isQuick) return yield* little(folder);
  const tiny = await HookedTransformer.fromPretrained(TINY_FOLDER);
  yield* besideWholeRuns(tiny, TINY);
  tiny.dispose();
  const large = await HookedTransformer.fromPretrained(folder);
  yield await sweepMemory(large, LARGE);
  yield* besideWholeRuns(large, LARGE);
  yield* byLength(large, LARGE);
  yield* besidePython(large, LARGE, folder);
  large.dispose();
}

/** A notebook's runs on both models. */
async function* little(folder: string): AsyncGenerator<Measurement> {
  for (const [path, grid] of [
    [TINY_FOLDER, TINY],
    [folder, LARGE],
  ] as const) {
    const model = await HookedTransformer.fromPretrained(path);
    const [, layer] = grid.layers;
    yield* compare(model, { ...grid, turns: 1 }, [layer], grid.lengths[0], NOTEBOOK);
    model.dispose();
  }
}

/** All numbers of runs at the middle length, all lengths for a notebook's runs and the sweep. */
async function* besideWholeRuns(model: HookedTransformer, grid: Grid): AsyncGenerator<Measurement> {
  const { layers, lengths } = grid;
  const [short, middle, long] = lengths;
  for (const runs of [1, 5, NOTEBOOK, 1000, SWEEP]) {
    yield* compare(model, grid, layers, middle, runs);
  }
  for (const length of [short, long]) {
    yield* compare(model, grid, layers, length, NOTEBOOK);
    yield* compare(model, grid, [layers[1]], length, SWEEP);
  }
}

/** Our patching of each layer, beside whole runs, which take the same time whatever the layer. */
async function* compare(
  model: HookedTransformer,
  grid: Grid,
  layers: readonly number[],
  length: number,
  runs: number,
): AsyncGenerator<Measurement> {
  const cases = layers.map((layer) => caseOf(model, layer, length, runs));
  const turns: Turn[] = [];
  const count = runs > MANY ? TURNS : grid.turns + 1;
  for (let turn = 0; turn < count; turn++) turns.push(await takeTurn(cases, turn, runs === SWEEP));
  const counted = runs > MANY ? turns : turns.slice(1);
  for (const [i, { layer }] of cases.entries()) {
    const what = named(grid, layer, length, runs);
    for (const side of SIDES) {
      const part = partOf(measuredRuns(side, cases[i]).length, runs);
      const ratios = (ours: (run: OurRun) => number) =>
        counted.map((turn) => turn.theirs[side] / ours(turn.ours[i]));
      const whole = ratios(({ seconds }) => seconds);
      const apart = ratios(({ seconds, clean }) => seconds - clean);
      yield measurement(what, whole, "× faster", `${NAMES[side]}${part}`);
      yield measurement(what, apart, "× faster", `${NAMES[side]}, our clean run apart${part}`);
    }
  }
  if (runs < SWEEP) return;
  for (const [i, { layer }] of cases.entries()) {
    if (blocksAbove(cases[i]) === 0) continue;
    const shares = counted.map((turn) => 100 * turn.ours[i].share);
    const what = `FLOP/s of ${named(grid, layer, length, runs)}`;
    yield measurement(what, shares, "% of", "matrix products of an MLP's size");
  }
}

function named({ name }: Grid, layer: number, length: number, runs: number): string {
  const count = runs === 1 ? "1 run" : `${runs.toLocaleString("en")} runs`;
  return `${count}, layer ${layer} of ${name}, ${length} tokens`;
}

function partOf(measured: number, runs: number): string {
  return measured < runs ? `, from ${measured} of its ${runs} runs` : "";
}

interface OurRun {
  readonly seconds: number;
  /** Seconds of these that the clean run took. */
  readonly clean: number;
  /** Share of the machine's matrix-product rate that the patched runs reached. */
  readonly share: number;
}

interface Turn {
  /** Seconds for all runs. */
  readonly theirs: Record<Side, number>;
  /** By case. */
  readonly ours: readonly OurRun[];
}

/** Each side once; the predictions of whole runs are those of one of the cases. */
async function takeTurn(
  cases: readonly PatchCase[],
  turn: number,
  isSweep: boolean,
): Promise<Turn> {
  const checked = cases[turn % cases.length];
  const all = runsOf(checked);
  const loop = plansLoop(checked, measuredRuns("loop", checked));
  const batch = paddedBatch(checked, measuredRuns("batch", checked));
  const ours: OurRun[] = [];
  for (const patchCase of cases) {
    const rate = matrixRate(patchCase.model);
    const run = await ourPatching(patchCase, isSweep ? rate : undefined);
    rate.done();
    if (patchCase === checked) for (const theirs of [loop, batch]) checkSame(theirs, run);
    const seconds = run.seconds - rate.seconds;
    const flops = rowsRun(patchCase) * blocksAbove(patchCase) * blockFlops(patchCase.model);
    const share = flops / (seconds - run.clean) / rate.flopsPerSecond;
    ours.push({ seconds, clean: run.clean, share });
  }
  const forAll = ({ seconds, predictions }: Timed) => (seconds * all.length) / predictions.size;
  return { theirs: { loop: forAll(loop), batch: forAll(batch) }, ours };
}

/** Rows that our patching runs: with each prompt's patched ones the unpatched one. */
function rowsRun({ prompts, edits }: PatchCase): number {
  return prompts.length * (edits.length + 1);
}

function blocksAbove({ model, layer }: PatchCase): number {
  return model.cfg.n_layers - 1 - layer;
}

function checkSame(theirs: Timed, ours: Timed): void {
  const largest = Math.max(...[...theirs.predictions.values()].map(Math.abs));
  for (const [run, prediction] of theirs.predictions) {
    const found = ours.predictions.get(run)!;
    if (Math.abs(found - prediction) <= TOLERANCE * largest) continue;
    throw new Error(`patched run ${run} predicts ${found}, run as a whole ${prediction}`);
  }
}

/** Our patched runs alone, as prompts get longer: each attends to more keys. */
async function* byLength(model: HookedTransformer, grid: Grid): AsyncGenerator<Measurement> {
  const { layers, lengths } = grid;
  const cases = lengths.map((length) => caseOf(model, layers[1], length, 1000));
  const turns: number[][] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const seconds: number[] = [];
    for (const patchCase of cases) {
      const run = await ourPatching(patchCase);
      seconds.push(run.seconds - run.clean);
    }
    turns.push(seconds);
  }
  for (const [i, length] of lengths.entries()) {
    if (i === 0) continue;
    const what = `${named(grid, layers[1], length, 1000)}, clean run apart`;
    const ratios = turns.map((seconds) => seconds[i] / seconds[0]);
    yield measurement(what, ratios, "× time", `the same of ${lengths[0]} tokens`);
  }
}

/** To be measured first: what earlier work has freed may still count as the process's memory. */
async function sweepMemory(model: HookedTransformer, grid: Grid): Promise<Measurement> {
  const [, layer] = grid.layers;
  const [, length] = grid.lengths;
  const patchCase = caseOf(model, layer, length, SWEEP);
  const before = await settledMemory();
  const peak = await memoryPeak(() => ourPatching(patchCase));
  const what = `peak of ${named(grid, layer, length, SWEEP)}`;
  return measurement(what, [(peak - before) / 1e9], "GB above", "the settled weights");
}

/** A notebook's runs beside the same padded batch in each library that a Python here has. */
async function* besidePython(
  model: HookedTransformer,
  grid: Grid,
  folder: string,
): AsyncGenerator<Measurement> {
  for (const library of LIBRARIES) {
    if (!hasLibrary(library)) {
      console.error(`not compared with ${library}: ${benchPython()} does not have it`);
      continue;
    }
    const python = await startPython(library, folder);
    for (const length of grid.lengths.slice(0, 2)) {
      const patchCase = caseOf(model, grid.layers[1], length, NOTEBOOK);
      const whole: number[] = [];
      const apart: number[] = [];
      for (let turn = 0; turn <= TURNS; turn++) {
        const theirs = await python.run(patchCase);
        const ours = await ourPatching(patchCase);
        checkSame(theirs, ours);
        if (turn === 0) continue;
        whole.push(theirs.seconds / ours.seconds);
        apart.push(theirs.seconds / (ours.seconds - ours.clean));
      }
      const what = named(grid, grid.layers[1], length, NOTEBOOK);
      const beside = `one padded batch in ${python.versions}`;
      yield measurement(what, whole, "× faster", beside);
      yield measurement(what, apart, "× faster", `${beside}, our clean run apart`);
    }
    python.close();
  }
}
