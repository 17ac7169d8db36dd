import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NamedArray, toFloat32 } from "../../src/checkpoints/named-array";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { familyOf, tensorTable } from "../../src/model/families/families";
import type { TensorTable } from "../../src/model/families/family";

interface Float32Tensor extends NamedArray {
  readonly dtype: "float32";
  readonly data: Float32Array<ArrayBuffer>;
}

/** A model as its folder has it, to be changed in memory and written elsewhere. */
export interface RawModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Map<string, Float32Tensor>;
  readonly table: TensorTable;
  readonly layers: number;
  /** Tokenizer files that go with it. */
  readonly tokenizer: readonly string[];
}

/** Vectors over the stream that stand in a tensor, one after another or side by side. */
export interface StreamVectors {
  readonly data: Float32Array;
  readonly d: number;
  readonly count: number;
  /** Where number i of vector n is. */
  at(n: number, i: number): number;
}

/** Weights of one module that write to the stream. */
export interface Writer {
  readonly module: "embed" | "pos" | "attn" | "mlp";
  /** −1 before the blocks. */
  readonly layer: number;
  /** A vector for each input, and the bias as one more. */
  readonly vectors: readonly StreamVectors[];
  /** What each number is multiplied by on its way to the stream. */
  readonly scale: Float64Array;
}

/** Weights of one module that read the stream. */
export interface Reader {
  readonly vectors: StreamVectors;
  /** What each number of the stream is multiplied by on its way to them. */
  readonly scale: Float64Array;
}

/** A model's own copy. */
export function rawModel(
  config: Readonly<Record<string, unknown>>,
  tensors: ReadonlyMap<string, NamedArray>,
  tokenizer: readonly string[] = [],
): RawModel {
  const table = tensorTable(config as { model_type: string });
  const own = new Map(
    [...tensors].map(([name, array]) => {
      const bare = table.prefixes.find((prefix) => name.startsWith(prefix)) ?? "";
      const copy = {
        ...array,
        dtype: "float32" as const,
        data: Float32Array.from(toFloat32(array, name)),
      };
      return [name.slice(bare.length), copy] as const;
    }),
  );
  const of = new RegExp(`^${table.blocks.replaceAll(".", "\\.")}(\\d+)\\.`);
  const layers = 1 + Math.max(...[...own.keys()].map((name) => Number(of.exec(name)?.[1] ?? -1)));
  // The head of a vocabulary is changed for itself.
  own.set(`${table.unembedding}.weight`, unembedding(own, table));
  const untied = { ...config, tie_word_embeddings: false };
  return { config: untied, tensors: own, table, layers, tokenizer };
}

function unembedding(tensors: RawModel["tensors"], table: TensorTable): Float32Tensor {
  const from =
    tensors.get(`${table.unembedding}.weight`) ?? tensors.get(`${table.embedding}.weight`)!;
  return { ...from, data: Float32Array.from(from.data) };
}

export async function readRawModel(folder: string): Promise<RawModel> {
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const source = await openCheckpoint(join(folder, "model.safetensors"));
  const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
  source.close();
  const files = ["tokenizer.json", "tokenizer_config.json"].map((name) => join(folder, name));
  return rawModel(config, tensors, files.filter(existsSync));
}

export async function writeRawModel(folder: string, model: RawModel): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const [prefix] = model.table.prefixes;
  const head = `${model.table.unembedding}.`;
  const named = [...model.tensors].map(
    ([name, array]) => [name.startsWith(head) ? name : `${prefix}${name}`, array] as const,
  );
  writeFileSync(join(folder, "config.json"), JSON.stringify(model.config));
  await writeSafetensors(join(folder, "model.safetensors"), new Map(named));
  for (const file of model.tokenizer) copyFileSync(file, join(folder, file.split("/").at(-1)!));
}

/** A model that shares nothing with this one. */
export function copyOf(model: RawModel): RawModel {
  return rawModel(model.config, model.tensors, model.tokenizer);
}

export function nameInBlock({ table }: RawModel, layer: number, name: string): string {
  return `${table.blocks}${layer}.${name}`;
}

/** Everything that writes to the stream. */
export function writers(model: RawModel): Writer[] {
  const { tensors, table, layers } = model;
  const d = widthOf(model);
  const ones = new Float64Array(d).fill(1);
  const rows = (name: string) => byRows(tensors.get(name)!.data, d);
  const all: Writer[] = [
    { module: "embed", layer: -1, vectors: [rows(`${table.embedding}.weight`)], scale: ones },
  ];
  if (table.positions) {
    all.push({
      module: "pos",
      layer: -1,
      vectors: [rows(`${table.positions}.weight`)],
      scale: ones,
    });
  }
  for (let layer = 0; layer < layers; layer++) {
    for (const [module, name, norm] of [
      ["attn", table.o, table.ln1_post],
      ["mlp", table.out, table.ln2_post],
    ] as const) {
      const at = nameInBlock(model, layer, name);
      const weight = tensors.get(`${at}.weight`)!.data;
      const bias = tensors.get(`${at}.bias`)?.data;
      const vectors = [table.isConv1D ? byRows(weight, d) : byColumns(weight, d)];
      if (bias) vectors.push(byRows(bias, d));
      all.push({ module, layer, vectors, scale: norm ? normOf(model, layer, norm) : ones });
    }
  }
  return all;
}

/** Everything in the blocks that reads the stream. */
export function readers(model: RawModel): Reader[] {
  const { tensors, table, layers } = model;
  const d = widthOf(model);
  const { qkv } = table;
  const attention = typeof qkv === "string" ? [qkv] : [qkv.q, qkv.k, qkv.v];
  const mlp = [...(table.gate ? [table.gate] : []), table.in];
  return Array.from({ length: layers }, (_, layer) =>
    [
      ...attention.map((name) => [name, table.ln1] as const),
      ...mlp.map((name) => [name, table.ln2] as const),
    ].map(([name, norm]): Reader => {
      const { data } = tensors.get(`${nameInBlock(model, layer, name)}.weight`)!;
      return {
        vectors: table.isConv1D ? byColumns(data, d) : byRows(data, d),
        scale: normOf(model, layer, norm),
      };
    }),
  ).flat();
}

export function widthOf({ tensors, table }: RawModel): number {
  return tensors.get(`${table.embedding}.weight`)!.shape[1];
}

/** A norm's weight as it is multiplied with. */
function normOf(model: RawModel, layer: number, norm: string): Float64Array {
  return normWeights(model, nameInBlock(model, layer, norm));
}

export function normWeights({ tensors, config }: RawModel, name: string): Float64Array {
  const offset = familyOf(config.model_type)?.normOffset ?? 0;
  return Float64Array.from(tensors.get(`${name}.weight`)!.data, (value) => value + offset);
}

/** `[count, d]` */
function byRows(data: Float32Array, d: number): StreamVectors {
  return { data, d, count: data.length / d, at: (n, i) => n * d + i };
}

/** `[d, count]` */
function byColumns(data: Float32Array, d: number): StreamVectors {
  const count = data.length / d;
  return { data, d, count, at: (n, i) => i * count + n };
}
