/** What made a result: enough to make it again, and to see why two results differ. */
export interface Provenance {
  /** Version of tslens. */
  readonly tslens: string;
  /** Version of Node, e.g. "v20.20.2". */
  readonly node: string;
  /** Operating system and processor, e.g. "linux x64". */
  readonly platform: string;
  /** The tensor engine that computed, e.g. "tensorflow". */
  readonly engine: string;
  /** The engine and its version. */
  readonly engine_description: string;
  /** Versions of the packages that numbers depend on, by name. */
  readonly libraries: Readonly<Record<string, string>>;
  /** Name or folder of the base model that was run. */
  readonly base_model: string;
  /** SHA-256 of the base model's weight file, where there is one file. */
  readonly base_model_sha256: string | null;
  /** SHA-256 of each of the base model's files: configuration, weights, tokenizer. */
  readonly base_model_files: Readonly<Record<string, string>>;
  /** SHA-256 of the head's `head.pt`. */
  readonly head_sha256: string;
  /** SHA-256 of the head's `config.json`. */
  readonly head_config_sha256: string;
  /** How the base model's weights were processed; all false is the plain Hugging Face model. */
  readonly weight_processing: {
    readonly fold_ln: boolean;
    readonly center_writing_weights: boolean;
    readonly center_unembed: boolean;
    readonly fold_value_biases: boolean;
  };
  /** Whether the beginning-of-sequence token was put before each text. */
  readonly prepend_bos: boolean;
  /** Seed of every random draw. */
  readonly seed: number;
  /** Names of the random streams that were drawn from; independent of one another. */
  readonly random_streams: readonly string[];
}
