import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { BoundHead } from "../heads/bind-head";
import type { Provenance } from "../results/provenance";
import { VERSION } from "../version";

/** Where a result comes from: versions, engine, weights and seed. */
export async function provenanceOf({ files, model }: BoundHead, seed: number): Promise<Provenance> {
  const weights = model.files.filter((file) => /\.(safetensors|bin)$/.test(file));
  const { processing } = model;
  return {
    tslens: VERSION,
    node: process.version,
    engine: model.engine.name,
    base_model: model.name,
    base_model_sha256: weights.length === 1 ? await sha256(weights[0]) : null,
    head_sha256: await sha256(files.headFile),
    weight_processing: {
      fold_ln: processing.foldLn,
      center_writing_weights: processing.centerWritingWeights,
      center_unembed: processing.centerUnembed,
      fold_value_biases: processing.foldValueBiases,
    },
    seed,
  };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
