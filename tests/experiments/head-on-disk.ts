import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { randomStream } from "../../src/stats/random-stream";

export interface HeadOnDisk {
  readonly head_type?: "regression" | "classification" | "token";
  readonly layer_type?: string;
  readonly target_layer?: number;
  readonly target_neuron?: number;
  readonly feature_layer?: number;
  readonly token_pos?: "last" | number;
  readonly hidden_dim?: number | null;
  readonly bin_edges?: readonly number[] | null;
  /** All weights are multiplied by this. */
  readonly scale?: number;
}

const CLASSES = 3;

/** Writes a head of seeded weights into a new folder, loads it and binds it. */
export async function headOnDisk(
  folder: string,
  model: HookedTransformer,
  options: HeadOnDisk = {},
): Promise<BoundHead> {
  const { head_type = "regression", hidden_dim = null, scale = 1, ...target } = options;
  const { d_model } = model.cfg;
  const outputs = head_type === "classification" ? CLASSES : 1;
  const stream = randomStream(3, JSON.stringify(options));
  const random = (...shape: number[]): NamedArray => ({
    dtype: "float32",
    shape,
    data: Float32Array.from(
      { length: shape.reduce((a, b) => a * b) },
      () => scale * stream.gaussian(),
    ),
  });
  const tensors = new Map<string, NamedArray>();
  if (hidden_dim !== null) {
    tensors.set("hidden.weight", random(hidden_dim, d_model));
    tensors.set("hidden.bias", random(hidden_dim));
  }
  if (head_type !== "token") {
    tensors.set("output.weight", random(outputs, hidden_dim ?? d_model));
    tensors.set("output.bias", random(outputs));
  }
  mkdirSync(folder, { recursive: true });
  const config = {
    ...{ head_type, target_layer: 0, target_neuron: 0, layer_type: "mlp_out" },
    ...target,
    head_config: {
      ...{ input_dim: d_model, hidden_dim, activation: "gelu", num_classes: CLASSES },
      digit_tokens: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  await writeSafetensors(join(folder, "head.safetensors"), tensors);
  return bindHead(await loadHead(folder), model);
}
