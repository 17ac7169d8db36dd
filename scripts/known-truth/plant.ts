import { mkdirSync } from "node:fs";
import { measurePrompts } from "../../src/heads/measured-prompts";
import { hookPoint, hookPointInLayer } from "../../src/model/hook-points";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { cleanRuns } from "../../src/patching/clean-runs";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import {
  copyOf,
  nameInBlock,
  type RawModel,
  readers,
  type StreamVectors,
  type Writer,
  widthOf,
  writeRawModel,
  writers,
} from "./raw-model";

/** Activations whose neurons are planted. */
export const HOOKS = [
  "post",
  "pre",
  "mlp_out",
  "attn_out",
  "z",
  "resid_pre",
  "resid_mid",
  "resid_post",
] as const;
export type PlantedHook = (typeof HOOKS)[number];

/** What to plant in, and where. */
export interface PlantChoice {
  readonly name: string;
  readonly model: RawModel;
  /** Token ids of the texts that stand for all texts. */
  readonly texts: readonly (readonly number[])[];
  readonly hook: PlantedHook;
  readonly layer: number;
  /** Of the block whose stream heads read. */
  readonly featureLayer: number;
  readonly seed: number;
}

/** What a planted direction's readout goes by. */
export const PARTS = ["own", "twin", "correlate", "noise"] as const;
export type Part = (typeof PARTS)[number];

/** A direction of the stream with nothing but one thing in it. */
export interface PlantedDirection {
  /** `[d_model]`; the readout is the sum of its products with the stream. */
  readonly weights: Float64Array;
}

/** A model with something planted in it, and what is known of it. */
export interface Plant extends PlantChoice {
  /** The neuron. */
  readonly index: number;
  readonly folder: string;
  readonly planted: RawModel;
  readonly directions: Readonly<Partial<Record<Part, PlantedDirection>>>;
  /** Reads 1 on every text. */
  readonly constant: PlantedDirection;
}

/** How large what is planted is, beside the stream: small, so that norms hardly see it. */
const SIZE = 0.1;

/**
 * Plants four directions in a model, each written by one thing alone and read by nothing in it. Each is a
 * pair of coordinates with nothing else in them, one of which is the other's opposite: a layer norm then
 * takes off no mean.
 *
 * - `own`: the neuron's coordinate, or the only one that it writes to;
 * - `twin`: what a neuron with the same input weights writes (not in the stream between blocks, and not
 *   for `z`, where there is no such neuron);
 * - `correlate`: the neuron's mean over the texts with the same last token, put there by its embedding;
 * - `noise`: random, by the last token, uncorrelated with the neuron over the texts.
 *
 * @param folder where the model is written
 */
export async function plant(choice: PlantChoice, folder: string): Promise<Plant> {
  const random = randomStream(choice.seed, `plant in ${choice.name}`);
  const width = widthOf(choice.model);
  const bare = copyOf(choice.model);
  // What a token head reads is then the direction's part of the stream and nothing more.
  for (const name of [choice.model.table.ln_final, choice.model.table.unembedding]) {
    bare.tensors.get(`${name}.bias`)?.data.fill(0);
  }
  const size = sizeOf(bare, choice.hook);
  const candidates = random.shuffle(Array.from({ length: size }, (_, i) => i));
  const isStream = !["post", "pre", "z"].includes(choice.hook);
  mkdirSync(folder, { recursive: true });
  for (const index of candidates.slice(0, MOST_TRIED)) {
    const model = copyOf(bare);
    const taken = isStream ? [basis(width, index), basis(width, (index + 1) % width)] : [];
    const isTaken = (i: number) => isStream && (i === index || i === (index + 1) % width);
    const free = Array.from({ length: width }, (_, i) => i).filter((i) => !isTaken(i));
    const coordinates = random.shuffle(free).slice(0, 10);
    const [own, twin, correlate, noise, constant] = pairs(coordinates, width);
    const all = [...coordinates.map((i) => basis(width, i)), ...taken];
    removeEverywhere(model, all, (writer) =>
      isStream && keeps(choice, writer) ? [index, (index + 1) % width] : null,
    );
    await writeRawModel(folder, model);
    const before = await seen(folder, choice, index);
    if (!isLively(before.activation)) continue;
    const unit = SIZE * before.streamSize;
    const perUnit = unit / deviation(before.activation);
    if (!isStream) writeOwn(model, choice, index, scaled(own, perUnit));
    const hasTwin = writeTwin(model, choice, index, scaled(twin, perUnit), random);
    const { means, noises } = byLastToken(choice.texts, before.activation, random);
    const [embed] = writers(model);
    const factor = 1 / before.embeddingScale;
    const [{ count }] = embed.vectors;
    for (let token = 0; token < count; token++) {
      add(embed.vectors[0], token, constant, unit * factor);
      add(embed.vectors[0], token, correlate, perUnit * (means.get(token) ?? 0) * factor);
      add(embed.vectors[0], token, noise, perUnit * (noises.get(token) ?? 0) * factor);
    }
    await writeRawModel(folder, model);
    return {
      ...choice,
      ...{ index, folder, planted: model },
      directions: {
        own: { weights: isStream ? basis(width, index) : scaled(own, 1 / perUnit) },
        ...(hasTwin && { twin: { weights: scaled(twin, 1 / perUnit) } }),
        correlate: { weights: scaled(correlate, 1 / perUnit) },
        noise: { weights: scaled(noise, 1 / perUnit) },
      },
      constant: { weights: scaled(constant, 1 / unit) },
    };
  }
  throw new Error(`${choice.name}: no neuron of ${choice.hook} varies over the texts`);
}

/** How many neurons are tried until one varies. */
const MOST_TRIED = 20;

function sizeOf(model: RawModel, hook: PlantedHook): number {
  const { table, tensors } = model;
  const [columns, rows] = table.isConv1D ? [1, 0] : [0, 1];
  const shape = (name: string) => tensors.get(`${nameInBlock(model, 0, name)}.weight`)!.shape;
  if (hook === "post" || hook === "pre") return shape(table.in)[columns];
  if (hook === "z") return shape(table.o)[rows === 1 ? 1 : 0];
  return widthOf(model);
}

/** Whether a module's writes to the neuron's coordinate are what the neuron is. */
function keeps({ hook, layer }: PlantChoice, { module, layer: at }: Writer): boolean {
  if (hook === "mlp_out") return module === "mlp" && at === layer;
  if (hook === "attn_out") return module === "attn" && at === layer;
  if (hook === "resid_mid") return at < layer || (at === layer && module === "attn");
  return hook === "resid_pre" ? at < layer : at <= layer;
}

/**
 * Nothing writes to these directions and nothing reads them, but for the coordinate that a writer keeps:
 * the opposite is written to another one, so that what is written has mean 0 as before.
 */
function removeEverywhere(
  model: RawModel,
  directions: readonly Float64Array[],
  kept: (writer: Writer) => readonly [number, number] | null,
): void {
  const d = widthOf(model);
  const ones = new Float64Array(d).fill(1);
  for (const writer of writers(model)) {
    const { scale } = writer;
    const span = orthonormal(
      [...directions, ones].map((v) => v.map((value, i) => value * scale[i])),
    );
    const coordinate = kept(writer);
    for (const vectors of writer.vectors) {
      for (let n = 0; n < vectors.count; n++) {
        const before = coordinate && vectors.data[vectors.at(n, coordinate[0])];
        project(vectors, n, span);
        if (!coordinate) continue;
        const [own, opposite] = coordinate;
        vectors.data[vectors.at(n, own)] = before!;
        vectors.data[vectors.at(n, opposite)] = (-before! * scale[own]) / scale[opposite];
      }
    }
  }
  for (const { vectors, scale } of readers(model)) {
    // With the mean that a layer norm takes off, no direction comes in by it either.
    const span = orthonormal(
      [...directions, ones].map((v) => v.map((value, i) => value * scale[i])),
    );
    for (let n = 0; n < vectors.count; n++) project(vectors, n, span);
  }
}

/** The neuron writes to this direction and nowhere else. */
function writeOwn(
  model: RawModel,
  { hook, layer }: PlantChoice,
  index: number,
  direction: Float64Array,
): void {
  const writer = writerOf(model, hook === "z" ? "attn" : "mlp", layer);
  set(writer, index, direction);
}

/** Another neuron has the same inputs and writes to this direction and nowhere else. */
function writeTwin(
  model: RawModel,
  { hook, layer }: PlantChoice,
  index: number,
  direction: Float64Array,
  random: RandomStream,
): boolean {
  if (hook === "mlp_out" || hook === "attn_out") {
    const writer = writerOf(model, hook === "mlp_out" ? "mlp" : "attn", layer);
    for (const vectors of writer.vectors) {
      for (let n = 0; n < vectors.count; n++) {
        const own = vectors.data[vectors.at(n, index)] * writer.scale[index];
        add(
          vectors,
          n,
          direction.map((value, i) => value / writer.scale[i]),
          own,
        );
      }
    }
    return true;
  }
  if (hook !== "post" && hook !== "pre") return false;
  const { tensors, table } = model;
  const size = sizeOf(model, hook);
  const other = (index + random.integer(1, size - 1)) % size;
  const d = widthOf(model);
  for (const name of [table.in, ...(table.gate ? [table.gate] : [])]) {
    const at = nameInBlock(model, layer, name);
    const { data } = tensors.get(`${at}.weight`)!;
    for (let i = 0; i < d; i++) {
      const place = (n: number) => (table.isConv1D ? i * size + n : n * d + i);
      data[place(other)] = data[place(index)];
    }
    const bias = tensors.get(`${at}.bias`)?.data;
    if (bias) bias[other] = bias[index];
  }
  set(writerOf(model, "mlp", layer), other, direction);
  return true;
}

function writerOf(model: RawModel, module: Writer["module"], layer: number): Writer {
  return writers(model).find((one) => one.module === module && one.layer === layer)!;
}

function set({ vectors: [vectors], scale }: Writer, n: number, direction: Float64Array): void {
  direction.forEach((value, i) => {
    vectors.data[vectors.at(n, i)] = value / scale[i];
  });
}

function add(vectors: StreamVectors, n: number, direction: Float64Array, factor: number): void {
  direction.forEach((value, i) => {
    vectors.data[vectors.at(n, i)] += factor * value;
  });
}

function project(vectors: StreamVectors, n: number, span: readonly Float64Array[]): void {
  const own = Float64Array.from({ length: vectors.d }, (_, i) => vectors.data[vectors.at(n, i)]);
  for (const direction of span) subtract(own, direction);
  own.forEach((value, i) => {
    vectors.data[vectors.at(n, i)] = value;
  });
}

/** The neuron's mean over the texts with the same last token, and noise that is uncorrelated with it. */
function byLastToken(
  texts: PlantChoice["texts"],
  activation: readonly number[],
  random: RandomStream,
): { means: ReadonlyMap<number, number>; noises: ReadonlyMap<number, number> } {
  const counts = new Map<number, { sum: number; count: number }>();
  const overall = mean(activation);
  texts.forEach((ids, i) => {
    const so = counts.get(ids.at(-1)!) ?? { sum: 0, count: 0 };
    counts.set(ids.at(-1)!, { sum: so.sum + activation[i] - overall, count: so.count + 1 });
  });
  const tokens = [...counts.keys()];
  const weight = tokens.map((token) => counts.get(token)!.count / texts.length);
  const means = tokens.map((token) => counts.get(token)!.sum / counts.get(token)!.count);
  const raw = tokens.map(() => random.gaussian());
  const inner = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + weight[i] * value * b[i], 0);
  const one = tokens.map(() => 1);
  const centred = raw.map((value) => value - inner(raw, one));
  const factor = inner(centred, means) / inner(means, means);
  const free = centred.map((value, i) => value - factor * means[i]);
  const size = Math.sqrt(inner(free, free)) / deviation(activation);
  return {
    means: new Map(tokens.map((token, i) => [token, means[i]])),
    noises: new Map(tokens.map((token, i) => [token, free[i] / size])),
  };
}

async function seen(folder: string, { texts, hook, layer }: PlantChoice, index: number) {
  const model = await HookedTransformer.fromPretrained(folder);
  const measured = measurePrompts({ model }, texts);
  const clean = cleanRuns(model, measured);
  try {
    const { name } = hookPointInLayer(hook, layer, model.cfg);
    const stream = clean.measured(measured, hookPoint(["resid_pre", layer], model.cfg).name);
    const sizes = stream.map((row) => Math.hypot(...row) / Math.sqrt(row.length));
    const activation = clean.measured(measured, name).map((row) => row[index]);
    return {
      activation,
      streamSize: mean(sizes),
      embeddingScale: model.cfg.embedding_scale,
    };
  } finally {
    clean.dispose();
    model.dispose();
  }
}

/** Whether a neuron varies over texts: not one that a ReLU holds at 0 on nearly all of them. */
function isLively(values: readonly number[]): boolean {
  const spread = deviation(values);
  if (!(spread > 1e-3)) return false;
  const middle = [...values].sort((a, b) => a - b)[values.length >> 1];
  const still = values.filter((value) => Math.abs(value - middle) < 1e-6 * spread).length;
  return still < 0.75 * values.length;
}

/** Directions of length 1 with mean 0: one coordinate up and another one down. */
function pairs(coordinates: readonly number[], d: number): Float64Array[] {
  return Array.from({ length: coordinates.length / 2 }, (_, i) => {
    const vector = basis(d, coordinates[2 * i]);
    vector[coordinates[2 * i + 1]] = -1;
    return scaled(vector, Math.SQRT1_2);
  });
}

/** Gram–Schmidt; what adds nothing is left out. */
export function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const found: Float64Array[] = [];
  for (const vector of vectors) {
    const left = Float64Array.from(vector);
    const before = Math.hypot(...left);
    for (let turn = 0; turn < 2; turn++) for (const one of found) subtract(left, one);
    const length = Math.hypot(...left);
    if (length > 1e-6 * before) found.push(left.map((value) => value / length));
  }
  return found;
}

/** Takes off what lies along a direction of length 1. */
function subtract(vector: Float64Array, direction: Float64Array): void {
  const along = vector.reduce((sum, value, i) => sum + value * direction[i], 0);
  for (let i = 0; i < vector.length; i++) vector[i] -= along * direction[i];
}

function basis(d: number, index: number): Float64Array {
  const vector = new Float64Array(d);
  vector[index] = 1;
  return vector;
}

export function scaled(vector: Float64Array, factor: number): Float64Array {
  return vector.map((value) => value * factor);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
