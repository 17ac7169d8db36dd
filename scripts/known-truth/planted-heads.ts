import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { ridgeRegression } from "../../src/training/ridge-regression";
import { deviation, mean, orthonormal, PARTS, type Part, type Plant, scaled } from "./plant";
import type { Population } from "./population";
import { normWeights, widthOf, writeRawModel } from "./raw-model";

/** What a head was made to read. */
export const KINDS = [
  "the neuron",
  "its inputs",
  "a correlate",
  "a mixture",
  "not the neuron",
  "nothing",
  "shuffled labels",
] as const;
export type HeadKind = (typeof KINDS)[number];

export type HeadShape = "linear" | "mlp" | "classification" | "class numbers" | "token";

/** A head that was made, and what is known of it. */
export interface PlantedHead {
  readonly directory: string;
  readonly kind: HeadKind;
  readonly shape: HeadShape;
  /** Beside the signal: its size in the prediction; 0 for none. */
  readonly noise: number;
  /** Shares that are known without a run: null where later norms and nonlinear heads leave them to be measured. */
  readonly planted: { readonly causal: number | null; readonly input: number | null };
}

/** What a head reads: weights on the stream, and what to add so that the readout has mean 0. */
interface Readout {
  readonly weights: Float64Array;
  readonly offset: number;
  readonly deviation: number;
}

interface Wanted {
  readonly kind: HeadKind;
  readonly shape: HeadShape;
  /** How much of what it knows of the neuron comes from each part. */
  readonly shares: Partial<Record<Part, number>>;
  readonly noise: number;
  /** Noise is read of the stream itself, not of the planted direction. */
  readonly isStreamNoise?: boolean;
}

/** Classes of a classification head, hidden units of an MLP, digits of a token head. */
const [CLASSES, UNITS, DIGITS] = [8, 6, 10];

/** A digit's logit rises so much with a standard deviation of the readout, from one digit to the next. */
const STEP = 0.3;

/**
 * Makes a plant's heads, of every type, and writes them beside its model. Token heads read the unembedding
 * of tokens of their own, which the model is given.
 */
export async function plantedHeads(plant: Plant, population: Population): Promise<PlantedHead[]> {
  const random = randomStream(plant.seed, `heads of ${plant.name}`);
  const heads: PlantedHead[] = [];
  let tokens = 0;
  const write = async (head: Omit<PlantedHead, "directory">, file: HeadFile) => {
    const directory = join(plant.folder, "heads", String(heads.length));
    await writeHead(directory, plant, file);
    heads.push({ ...head, directory });
  };
  for (const wanted of wantedHeads(plant, random)) {
    const signal = signalOf(plant, population, wanted.shares);
    const { kind, shape, noise } = wanted;
    const readout = withNoise(plant, population, signal, wanted, random);
    const planted = plantedShares(wanted);
    const file =
      shape === "token"
        ? tokenHead(plant, readout, population, DIGITS * tokens++)
        : headFile(shape, readout, random);
    await write({ kind, shape, noise, planted }, file);
  }
  for (const { kind, weights } of learntHeads(plant, population, random)) {
    const readout = readoutOf(weights, population.features);
    // Of a faint trace that later norms leave of the neuron it may have learnt much.
    const planted = { causal: null, input: null };
    const file = headFile("linear", readout, random);
    await write({ kind, shape: "linear", noise: 0, planted }, file);
  }
  if (tokens > 0) await writeRawModel(plant.folder, plant.planted);
  return heads;
}

function wantedHeads({ directions, hook }: Plant, random: RandomStream): Wanted[] {
  const some = (from: number, to: number) => from + (to - from) * random.uniform();
  const pure: [HeadKind, Part][] = [
    ["the neuron", "own"],
    ["its inputs", "twin"],
    ["a correlate", "correlate"],
  ];
  const shapes: HeadShape[] = ["linear", "mlp", "classification", "class numbers"];
  // A final norm multiplies what a token head reads; of a coordinate its mean is taken off as well.
  if (hook !== "resid_pre") shapes.push("token");
  const wanted: Wanted[] = [];
  for (const [kind, part] of pure) {
    if (!directions[part]) continue;
    const shares = { [part]: 1 };
    for (const shape of shapes) wanted.push({ kind, shape, shares, noise: 0 });
    for (const shape of ["linear", "mlp", "classification"] as const) {
      wanted.push({ kind, shape, shares, noise: some(0.3, 1) });
    }
    wanted.push({ kind, shape: "linear", shares, noise: some(0.3, 1), isStreamNoise: true });
  }
  const mixed: HeadShape[] = ["linear", "linear", "linear", "linear", "mlp", "classification"];
  if (shapes.includes("token")) mixed.push("token");
  for (const shape of mixed) {
    const drawn = pure
      .filter(([, part]) => directions[part])
      .map(([, part]) => [part, -Math.log(1 - random.uniform())] as const);
    const sum = drawn.reduce((total, [, value]) => total + value, 0);
    const shares = Object.fromEntries(drawn.map(([part, value]) => [part, value / sum]));
    wanted.push({ kind: "a mixture", shape, shares, noise: some(0.1, 0.8) });
  }
  wanted.push({ kind: "nothing", shape: "linear", shares: {}, noise: 1 });
  wanted.push({ kind: "nothing", shape: "linear", shares: {}, noise: 1, isStreamNoise: true });
  wanted.push({ kind: "nothing", shape: "mlp", shares: {}, noise: 1 });
  return wanted;
}

/** Known where the head is linear in what was planted, or a function of one part of it. */
function plantedShares({ kind, shape, shares, noise, isStreamNoise }: Wanted) {
  if (kind === "nothing" || shape === "token") return { causal: null, input: null };
  const isPure = Object.keys(shares).length === 1 && noise === 0;
  if (shape !== "linear" && !isPure) return { causal: null, input: null };
  const input = isStreamNoise ? null : (shares.twin ?? 0);
  return { causal: shares.own ?? 0, input };
}

/** Weights of parts, so that each has its share of the readout's slope on the neuron. */
function signalOf(
  { directions }: Plant,
  { activation, features }: Population,
  shares: Wanted["shares"],
): Float64Array {
  const signal = new Float64Array(features[0].length);
  for (const part of PARTS) {
    const share = shares[part];
    if (!share) continue;
    const { weights } = directions[part]!;
    const slope = slopeOf(activation, readouts(weights, features));
    for (let i = 0; i < signal.length; i++) signal[i] += (share * weights[i]) / slope;
  }
  return signal;
}

function withNoise(
  plant: Plant,
  population: Population,
  signal: Float64Array,
  { noise, isStreamNoise = false }: Wanted,
  random: RandomStream,
): Readout {
  const { features } = population;
  if (noise === 0) return readoutOf(signal, features);
  const own = isStreamNoise
    ? uncorrelated(plant, population, random)
    : plant.directions.noise!.weights;
  const size = deviation(readouts(signal, features)) || 1;
  const factor = (noise * size) / deviation(readouts(own, features));
  return readoutOf(
    signal.map((value, i) => value + factor * own[i]),
    features,
  );
}

/** A random direction, orthogonal to what was planted and to the covariance of stream and neuron. */
function uncorrelated(
  { directions }: Plant,
  { activation, features }: Population,
  random: RandomStream,
): Float64Array {
  const drawn = Float64Array.from(features[0], () => random.gaussian());
  const planted = Object.values(directions).map(({ weights }) => weights);
  // What is orthogonal to the planted directions is so to the rest of the covariance, too.
  const span = [...planted, covariance(activation, features)];
  return orthonormal([...span, drawn]).at(-1)!;
}

/** Heads that learn: shuffled labels, and the neuron without the directions of it and its twin. */
function learntHeads(
  { directions }: Plant,
  { activation, features }: Population,
  random: RandomStream,
): { kind: HeadKind; weights: Float64Array }[] {
  const rows = random.shuffle(Array.from(features, (_, i) => i)).slice(0, TRAINED);
  const labels = rows.map((row) => activation[row]);
  const stream = rows.map((row) => Float64Array.from(features[row]));
  const cut = orthonormal(
    [directions.own, directions.twin].flatMap((one) => (one ? [one.weights] : [])),
  );
  return [
    { kind: "shuffled labels", weights: ridge(stream, random.shuffle(labels)) },
    {
      kind: "not the neuron",
      weights: without(
        ridge(
          stream.map((row) => without(row, cut)),
          labels,
        ),
        cut,
      ),
    },
  ];
}

/** Texts that heads learn from. */
const TRAINED = 500;

function ridge(rows: readonly Float64Array[], labels: readonly number[]): Float64Array {
  const columns = rows[0].length;
  const data = Float32Array.from(rows.flatMap((row) => [...row]));
  const all = { data, columns, rows: rows.map((_, i) => i) };
  const foldOf = Int32Array.from(rows, (_, i) => i % 5);
  return ridgeRegression(all, Float64Array.from(labels), { foldOf }).weights;
}

function headFile(
  shape: Exclude<HeadShape, "token">,
  readout: Readout,
  random: RandomStream,
): HeadFile {
  const { weights, offset, deviation: size } = readout;
  if (shape === "linear") {
    return {
      json: { head_type: "regression", head_config: { hidden_dim: null } },
      tensors: layer("output", [weights], [offset]),
    };
  }
  const some = (from: number, to: number) => from + (to - from) * random.uniform();
  if (shape === "mlp") {
    // Rising units of the readout in standard deviations: a curved function that still goes along with it.
    const units = Array.from({ length: UNITS }, () => ({
      slope: (random.uniform() < 0.5 ? -1 : 1) * some(0.5, 2),
      shift: some(-1.5, 1.5),
      weight: some(0.2, 1),
    }));
    const hidden = units.map(({ slope }) => scaled(weights, slope / size));
    const shifts = units.map(({ slope, shift }) => (slope * offset) / size + shift);
    const output = Float64Array.from(
      units,
      ({ slope, weight }) => Math.sign(slope) * weight * size,
    );
    const activation = (["relu", "gelu", "silu"] as const)[random.integer(0, 2)];
    return {
      json: { head_type: "regression", head_config: { hidden_dim: UNITS, activation } },
      tensors: new Map([...layer("hidden", hidden, shifts), ...layer("output", [output], [0])]),
    };
  }
  // Normal densities of equal width around the classes' centres.
  const edges = Array.from({ length: CLASSES + 1 }, (_, i) => (i / CLASSES - 0.5) * 4 * size);
  const centres = edges.slice(1).map((edge, i) => (edge + edges[i]) / 2);
  const width = (some(0.4, 0.8) * size) ** 2;
  return {
    json: {
      head_type: "classification",
      bin_edges: shape === "classification" ? edges : null,
      head_config: { num_classes: CLASSES, hidden_dim: null },
    },
    tensors: layer(
      "output",
      centres.map((centre) => scaled(weights, centre / width)),
      centres.map((centre) => (centre * offset - centre ** 2 / 2) / width),
    ),
  };
}

/** Gives ten tokens unembeddings that rise with the readout, and reads them as digits. */
function tokenHead(
  { planted, constant }: Plant,
  { weights, offset, deviation: size }: Readout,
  { streamSize }: Population,
  first: number,
): HeadFile {
  const { tensors, table } = planted;
  const { data } = tensors.get(`${table.unembedding}.weight`)!;
  const norm = normWeights(planted, table.ln_final);
  const d = widthOf(planted);
  const step = (STEP * streamSize) / size;
  for (let digit = 0; digit < DIGITS; digit++) {
    for (let i = 0; i < d; i++) {
      const direction = weights[i] + offset * constant.weights[i];
      data[(first + digit) * d + i] = ((digit - (DIGITS - 1) / 2) * step * direction) / norm[i];
    }
  }
  const digit_tokens = Array.from({ length: DIGITS }, (_, digit) => first + digit);
  return { json: { head_type: "token", head_config: { digit_tokens } }, tensors: new Map() };
}

interface HeadFile {
  readonly json: { readonly head_config: object } & Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

async function writeHead(
  directory: string,
  { hook, layer: target_layer, index, featureLayer, planted }: Plant,
  { json, tensors }: HeadFile,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const target = { target_layer, target_neuron: index, layer_type: hook };
  const head_config = { input_dim: widthOf(planted), ...json.head_config };
  const config = { ...json, ...target, feature_layer: featureLayer, head_config };
  writeFileSync(join(directory, "config.json"), JSON.stringify(config));
  await writeSafetensors(join(directory, "head.safetensors"), tensors);
}

function layer(
  name: string,
  rows: readonly Float64Array[],
  bias: readonly number[],
): Map<string, NamedArray> {
  const data = Float32Array.from(rows.flatMap((row) => [...row]));
  return new Map<string, NamedArray>([
    [`${name}.weight`, { dtype: "float32", shape: [rows.length, rows[0].length], data }],
    [`${name}.bias`, { dtype: "float32", shape: [bias.length], data: Float32Array.from(bias) }],
  ]);
}

function readoutOf(weights: Float64Array, features: Population["features"]): Readout {
  const values = readouts(weights, features);
  return { weights, offset: -mean(values), deviation: deviation(values) };
}

function readouts(weights: Float64Array, features: Population["features"]): number[] {
  return features.map((row) => weights.reduce((sum, weight, i) => sum + weight * row[i], 0));
}

function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [centreX, centreY] = [mean(x), mean(y)];
  const along = x.reduce((sum, value, i) => sum + (value - centreX) * (y[i] - centreY), 0);
  return along / x.reduce((sum, value) => sum + (value - centreX) ** 2, 0);
}

function covariance(activation: readonly number[], features: Population["features"]): Float64Array {
  const centre = mean(activation);
  const sums = new Float64Array(features[0].length);
  features.forEach((row, text) => {
    for (let i = 0; i < sums.length; i++) sums[i] += (activation[text] - centre) * row[i];
  });
  return scaled(sums, 1 / features.length);
}

function without(vector: Float64Array, directions: readonly Float64Array[]): Float64Array {
  const left = Float64Array.from(vector);
  for (const direction of directions) {
    const along = left.reduce((sum, value, i) => sum + value * direction[i], 0);
    for (let i = 0; i < left.length; i++) left[i] -= along * direction[i];
  }
  return left;
}
