import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { BoundHead } from "../heads/bind-head";
import type { Provenance } from "../results/provenance";
import { VERSION } from "../version";
import { libraryVersions } from "./library-versions";

/** What a result was made with, beside its head. */
export interface ProvenanceOptions {
  readonly seed: number;
  /** Names of the random streams that were drawn from. */
  readonly streams: readonly string[];
  readonly prependBos: boolean;
}

const WEIGHTS = /\.(safetensors|bin)$/;

/** Where a result comes from: versions, engine, weights, switches and seed. */
export async function provenanceOf(
  { files, model }: BoundHead,
  { seed, streams, prependBos }: ProvenanceOptions,
): Promise<Provenance> {
  const { processing } = model;
  const hashes = await fileHashes([...model.files, join(model.folder, "tokenizer.json")]);
  const weights = Object.keys(hashes).filter((name) => WEIGHTS.test(name));
  return {
    tslens: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    engine: model.engine.name,
    engine_description: model.engine.description,
    libraries: libraryVersions(),
    base_model: model.name,
    base_model_sha256: weights.length === 1 ? hashes[weights[0]] : null,
    base_model_files: hashes,
    head_sha256: await sha256(files.headFile),
    head_config_sha256: await sha256(files.configFile),
    weight_processing: {
      fold_ln: processing.foldLn,
      center_writing_weights: processing.centerWritingWeights,
      center_unembed: processing.centerUnembed,
      fold_value_biases: processing.foldValueBiases,
    },
    prepend_bos: prependBos,
    seed,
    random_streams: [...streams],
  };
}

/** By the files' names; one that is not there has none. */
async function fileHashes(files: readonly string[]): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const file of files) if (existsSync(file)) hashes[basename(file)] = await sha256(file);
  return hashes;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
