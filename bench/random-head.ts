import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../src/checkpoints/safetensors-writer";
import { randomStream } from "../src/stats/random-stream";

/** What a random head predicts, as its `config.json` says it. */
export interface RandomTarget {
  readonly layer_type: "post" | "mlp_out";
  readonly target_layer: number;
  readonly target_neuron: number;
}

/**
 * Writes a linear head of seeded weights on the last residual stream.
 *
 * @param folder made if it is not there
 * @returns the folder
 */
export async function randomHead(
  folder: string,
  d_model: number,
  target: RandomTarget,
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { target_layer, target_neuron } = target;
  const stream = randomStream(target_layer, `bench head ${target_neuron}`);
  const head_config = { input_dim: d_model, hidden_dim: null };
  const config = { head_type: "regression", ...target, feature_layer: -1, head_config };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const data = Float32Array.from({ length: d_model }, () => stream.gaussian());
  await writeSafetensors(
    join(folder, "head.safetensors"),
    new Map([
      ["output.weight", { dtype: "float32" as const, shape: [1, d_model], data }],
      ["output.bias", { dtype: "float32" as const, shape: [1], data: new Float32Array(1) }],
    ]),
  );
  return folder;
}
