import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { randomStream } from "../../src/stats/random-stream";

export interface Sizes {
  readonly layers: number;
  readonly heads: number;
  readonly d_head: number;
  readonly d_mlp: number;
  readonly d_vocab: number;
  readonly n_ctx: number;
}

/**
 * Writes a GPT-2 of seeded weights that are large enough for every part to matter.
 *
 * @param change makes other weights of them, by their Hugging Face names
 */
export async function writeRandomModel(
  folder: string,
  { layers, heads, d_head, d_mlp, d_vocab, n_ctx }: Sizes,
  seed: number,
  change: (tensors: Map<string, NamedArray>) => void = () => {},
): Promise<void> {
  const D = heads * d_head;
  const stream = randomStream(seed, "random model");
  const random = (shape: number[], mean = 0): NamedArray => ({
    dtype: "float32",
    shape,
    data: Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      () => mean + 0.3 * stream.gaussian(),
    ),
  });
  const tensors = new Map<string, NamedArray>([
    ["wte.weight", random([d_vocab, D])],
    ["wpe.weight", random([n_ctx, D])],
    ["ln_f.weight", random([D], 1)],
    ["ln_f.bias", random([D])],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    for (const [part, inputs, outputs] of [
      ["attn.c_attn", D, 3 * D],
      ["attn.c_proj", D, D],
      ["mlp.c_fc", D, d_mlp],
      ["mlp.c_proj", d_mlp, D],
    ] as const) {
      tensors.set(`h.${layer}.${part}.weight`, random([inputs, outputs]));
      tensors.set(`h.${layer}.${part}.bias`, random([outputs]));
    }
    for (const norm of ["ln_1", "ln_2"]) {
      tensors.set(`h.${layer}.${norm}.weight`, random([D], 1));
      tensors.set(`h.${layer}.${norm}.bias`, random([D]));
    }
  }
  change(tensors);
  const config = {
    tie_word_embeddings: !tensors.has("lm_head.weight"),
    model_type: "gpt2",
    n_layer: layers,
    n_head: heads,
    n_embd: D,
    n_inner: d_mlp,
    vocab_size: d_vocab,
    n_positions: n_ctx,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
}

/** Such a model, loaded; its folder is gone. */
export async function randomModel(
  sizes: Sizes,
  seed: number,
  processed = true,
): Promise<HookedTransformer> {
  const folder = mkdtempSync(join(tmpdir(), "tslens-random-"));
  try {
    await writeRandomModel(folder, sizes, seed);
    return processed
      ? await HookedTransformer.fromPretrained(folder)
      : await HookedTransformer.fromPretrainedNoProcessing(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
