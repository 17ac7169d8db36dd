import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { randomStream } from "../../src/stats/random-stream";
import { writeRandomModel } from "../patching/random-model";

/** A study that takes milliseconds a head: a tiny base model, linear heads, texts of token ids. */
export interface SmallStudy {
  readonly heads: string;
  readonly base: string;
  readonly texts: string;
  /** The heads' folders by name. */
  readonly names: readonly string[];
}

const SIZES = { layers: 2, heads: 1, d_head: 4, d_mlp: 6, d_vocab: 20, n_ctx: 8 };

/** As few texts as a verdict takes. */
const TEXTS = 100;

export async function writeSmallStudy(
  folder: string,
  count: number,
  { texts = TEXTS }: { readonly texts?: number } = {},
): Promise<SmallStudy> {
  const base = join(folder, "base");
  mkdirSync(base, { recursive: true });
  await writeRandomModel(base, SIZES, 1);
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(await writeHead(join(folder, "heads"), base, i));
  const stream = randomStream(2, "texts");
  const prompts = Array.from({ length: texts }, () =>
    Array.from({ length: 5 }, () => stream.integer(0, SIZES.d_vocab - 1)),
  );
  const file = join(folder, "texts.json");
  writeFileSync(file, JSON.stringify(prompts));
  return { heads: join(folder, "heads"), base, texts: file, names };
}

/** A linear head of seeded weights; several are of one layer and neuron. */
async function writeHead(folder: string, base: string, i: number): Promise<string> {
  const D = SIZES.heads * SIZES.d_head;
  const [layer, neuron] = [i % 2, Math.floor(i / 2) % D];
  const name = `neuron_l${layer}_n${neuron}_20260101_${String(i).padStart(6, "0")}`;
  const run = join(folder, name);
  mkdirSync(join(run, "best_model"), { recursive: true });
  const stream = randomStream(i, "head");
  const random = (...shape: number[]) => ({
    dtype: "float32" as const,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => stream.gaussian()),
  });
  const config = {
    // The audit of what enters a block is the quickest: nothing before it is moved.
    ...{ head_type: "regression", layer_type: i % 10 === 0 ? "mlp_out" : "resid_pre" },
    target_layer: layer,
    ...{ target_neuron: neuron, feature_layer: -1, base_model_name: base },
    head_config: { input_dim: D, hidden_dim: null, dropout: (i % 3) / 10 },
  };
  writeFileSync(join(run, "best_model", "config.json"), JSON.stringify(config));
  await writeSafetensors(
    join(run, "best_model", "head.safetensors"),
    new Map([
      ["output.weight", random(1, D)],
      ["output.bias", random(1)],
    ]),
  );
  const metrics = { test_metrics: { r2: i / 1000 }, ridge: { penalty: i % 2 } };
  writeFileSync(join(run, "training_metrics.json"), JSON.stringify(metrics));
  return name;
}

/** What a study left behind, by file name, without the moments at which it was made. */
export function writtenFiles(out: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(out)
      .filter((name) => /^(audit_.*\.json|study\.(csv|json))$/.test(name))
      .sort()
      .map((name) => [name, withoutMoments(readFileSync(join(out, name), "utf8"))]),
  );
}

function withoutMoments(text: string): string {
  return text.replace(/"timestamp": "[^"]*"/, '"timestamp": ""');
}
