import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../src/checkpoints/safetensors-writer";
import { randomStream } from "../src/stats/random-stream";

/** GPT-2 small's. */
const D_MODEL = 768;

/** A linear head of seeded weights on the last residual stream, for a hidden neuron. */
export async function randomHead(folder: string, layer: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const stream = randomStream(layer, "bench head");
  const data = Float32Array.from({ length: D_MODEL }, () => stream.gaussian());
  const config = {
    ...{ head_type: "regression", layer_type: "post", target_layer: layer, target_neuron: 7 },
    head_config: { input_dim: D_MODEL, hidden_dim: null },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  await writeSafetensors(
    join(folder, "head.safetensors"),
    new Map([
      ["output.weight", { dtype: "float32" as const, shape: [1, D_MODEL], data }],
      ["output.bias", { dtype: "float32" as const, shape: [1], data: new Float32Array(1) }],
    ]),
  );
  return folder;
}
