import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import type { Provenance } from "../results/schema-parts";
import { VERSION } from "../version";
import { libraryVersions } from "./library-versions";

/** What a result was made with, beside its head. */
export interface ProvenanceOptions {
  readonly seed: number;
  readonly prependBos: boolean;
}

const WEIGHTS = /\.(safetensors|bin)$/;

/**
 * Where a result comes from: versions, engine, weights, switches and seed. The hashes are those of the
 * files that head and model were read from, whatever stands there now. Asked for before the work that
 * it is about, which would be lost where it throws; no random stream is named yet.
 *
 * @throws CheckpointError if the base model's files were not hashed before and have changed.
 */
export async function provenanceOf(
  { files, model }: BoundHead,
  { seed, prependBos }: ProvenanceOptions,
): Promise<Provenance> {
  const { processing } = model;
  if (!files.sha256 || !model.files) {
    throw new InputError(
      "head or model was not read from files, so a result could not say what it is of",
      {
        found: files.sha256 ? model.name : `a head made in memory`,
        expected: "a head and a base model that are opened from their files",
        remedy: "Use openHead, and openBase or HookedTransformer.fromPretrained.",
      },
    );
  }
  const hashes = await model.files.sha256();
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
    head_sha256: files.sha256.head,
    head_config_sha256: files.sha256.config,
    weight_processing: {
      fold_ln: processing.foldLn,
      center_writing_weights: processing.centerWritingWeights,
      center_unembed: processing.centerUnembed,
      fold_value_biases: processing.foldValueBiases,
    },
    prepend_bos: prependBos,
    seed,
    random_streams: [],
  };
}
