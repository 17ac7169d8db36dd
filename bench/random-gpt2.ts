import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NamedArray } from "../src/checkpoints/named-array";
import { writeSafetensors } from "../src/checkpoints/safetensors-writer";
import { randomStream } from "../src/stats/random-stream";

/** GPT-2 small's sizes. */
const SIZES = { n_layer: 12, n_embd: 768, n_head: 12, n_positions: 1024, vocab_size: 50257 };

/** Numbers that are really drawn; tensors repeat them from different places on. */
const DRAWS = 1_000_003;

/**
 * A random GPT-2 of 124 million parameters as a Hugging Face folder, made once and kept in
 * `.tslens/bench`.
 */
export async function randomGpt2(): Promise<string> {
  const folder = join(__dirname, "..", ".tslens", "bench", "gpt2-124m");
  const file = join(folder, "model.safetensors");
  if (existsSync(file)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "gpt2", ...SIZES }));
  await writeSafetensors(file, new Map(tensors()));
  return folder;
}

function* tensors(): Generator<[string, NamedArray]> {
  const stream = randomStream(0, "bench model");
  const draws = Float32Array.from({ length: DRAWS }, () => 0.02 * stream.gaussian());
  let at = 0;
  const random = (name: string, shape: number[], mean = 0): [string, NamedArray] => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) data[i] = mean + draws[at++ % DRAWS];
    return [name, { dtype: "float32", shape, data }];
  };
  const { n_layer, n_embd: D, n_positions, vocab_size } = SIZES;
  yield random("wte.weight", [vocab_size, D]);
  yield random("wpe.weight", [n_positions, D]);
  for (let layer = 0; layer < n_layer; layer++) {
    for (const norm of ["ln_1", "ln_2"]) {
      yield random(`h.${layer}.${norm}.weight`, [D], 1);
      yield random(`h.${layer}.${norm}.bias`, [D]);
    }
    for (const [part, inputs, outputs] of [
      ["attn.c_attn", D, 3 * D],
      ["attn.c_proj", D, D],
      ["mlp.c_fc", D, 4 * D],
      ["mlp.c_proj", 4 * D, D],
    ] as const) {
      yield random(`h.${layer}.${part}.weight`, [inputs, outputs]);
      yield random(`h.${layer}.${part}.bias`, [outputs]);
    }
  }
  yield random("ln_f.weight", [D], 1);
  yield random("ln_f.bias", [D]);
}
