/** What made a result: enough to make it again, and to see why two results differ. */
export interface Provenance {
  /** Version of tslens. */
  readonly tslens: string;
  /** Version of Node, e.g. "v20.20.2". */
  readonly node: string;
  /** The tensor engine that computed, e.g. "tensorflow". */
  readonly engine: string;
  /** Name or folder of the base model that was run. */
  readonly base_model: string;
  /** SHA-256 of the base model's weight file, where there is one file. */
  readonly base_model_sha256?: string | null;
  /** SHA-256 of the head's `head.pt`. */
  readonly head_sha256: string;
  /** How the base model's weights were processed; all false is the plain Hugging Face model. */
  readonly weight_processing: {
    readonly fold_ln: boolean;
    readonly center_writing_weights: boolean;
    readonly center_unembed: boolean;
    readonly fold_value_biases: boolean;
  };
  /** Seed of every random draw. */
  readonly seed: number;
}
