import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NamedArray } from "../src/checkpoints/named-array";
import { writeSafetensors } from "../src/checkpoints/safetensors-writer";
import { keyValueHeads, type ModelConfig } from "../src/model/config";
import { tensorTable } from "../src/model/families/families";
import { modelConfig } from "../src/model/families/model-config";
import { randomStream } from "../src/stats/random-stream";

/** Sizes of Pythia 160M's block, in all of them. */
const SIZES = {
  vocab_size: 32000,
  hidden_size: 768,
  num_hidden_layers: 8,
  num_attention_heads: 12,
  max_position_embeddings: 1024,
};

/** A model of each kind of block that GPT-2's is not. */
export const KINDS = {
  parallel: { model_type: "gpt_neox", ...SIZES, intermediate_size: 3072 },
  "gated, grouped keys": {
    ...{ model_type: "llama", ...SIZES, intermediate_size: 2048, num_key_value_heads: 4 },
  },
  "post-norms, windows": {
    ...{ model_type: "gemma2", ...SIZES, intermediate_size: 2048, num_key_value_heads: 4 },
    ...{ head_dim: 64, sliding_window: 64, query_pre_attn_scalar: 64 },
  },
} as const;

/** Numbers that are really drawn; tensors repeat them from different places on. */
const DRAWS = 1_000_003;

/** A random model as a Hugging Face folder, made once and kept in `.tslens/bench`. */
export async function randomFamily(kind: keyof typeof KINDS): Promise<string> {
  const config = KINDS[kind];
  const folder = join(__dirname, "..", ".tslens", "bench", config.model_type);
  const file = join(folder, "model.safetensors");
  if (existsSync(file)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  await writeSafetensors(file, new Map(tensors(modelConfig(config, folder))));
  return folder;
}

function* tensors(cfg: ModelConfig): Generator<[string, NamedArray]> {
  const stream = randomStream(0, "bench model");
  const draws = Float32Array.from({ length: DRAWS }, () => 0.02 * stream.gaussian());
  let at = 0;
  for (const [name, shape] of shapes(cfg)) {
    const mean = /norm.*weight$/.test(name) ? 1 - cfg.norm_offset : 0;
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) data[i] = mean + draws[at++ % DRAWS];
    yield [name, { dtype: "float32", shape, data }];
  }
}

/** Names in the family's files, with their shapes. */
function* shapes(cfg: ModelConfig): Generator<[string, number[]]> {
  const table = tensorTable(cfg);
  const [prefix] = table.prefixes;
  const { d_model: D, d_mlp: M, d_head: K, n_heads: H, biases } = cfg;
  const keys = keyValueHeads(cfg) * K;
  const norm = (name: string): [string, number[]][] =>
    (cfg.normalization_type === "LN" ? ["weight", "bias"] : ["weight"]).map((part) => [
      `${prefix}${name}.${part}`,
      [D],
    ]);
  yield [`${prefix}${table.embedding}.weight`, [cfg.d_vocab, D]];
  if (!cfg.tie_word_embeddings) yield [`${table.unembedding}.weight`, [cfg.d_vocab, D]];
  const { qkv } = table;
  const inputs: [string, number][] =
    typeof qkv === "string"
      ? [[qkv, H * K + 2 * keys]]
      : [[qkv.q, H * K] as [string, number], [qkv.k, keys], [qkv.v, keys]];
  const matrices: [string | undefined, number, number, boolean][] = [
    ...inputs.map(([name, out]): [string, number, number, boolean] => [name, out, D, biases.qkv]),
    [table.o, D, H * K, biases.o],
    [table.gate, M, D, biases.mlp],
    [table.in, M, D, biases.mlp],
    [table.out, D, M, biases.mlp],
  ];
  for (let layer = 0; layer < cfg.n_layers; layer++) {
    const block = `${table.blocks}${layer}.`;
    for (const name of [table.ln1, table.ln1_post, table.ln2, table.ln2_post]) {
      if (name !== undefined) yield* norm(block + name);
    }
    for (const [name, outputs, width, hasBias] of matrices) {
      if (name === undefined) continue;
      yield [`${prefix}${block}${name}.weight`, [outputs, width]];
      if (hasBias) yield [`${prefix}${block}${name}.bias`, [outputs]];
    }
  }
  yield* norm(table.ln_final);
}
