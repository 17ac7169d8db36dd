import type { ModelConfig } from "../config";

/** A family of models as data: what its configurations and its weights are called, and what its block is. */
export interface Family {
  /** `model_type` of its config.json. */
  readonly model_type: string;
  /** As people call it. */
  readonly title: string;
  /** Where its config.json says what every family has. */
  readonly keys: ConfigKeys;
  /** What transformers takes where a config.json leaves it out (`configuration_<model_type>.py`). */
  readonly usual: RawConfig;
  /** What its block is, where its config.json has no say. */
  readonly block: Pick<ModelConfig, "normalization_type" | "positional_embedding_type"> &
    Partial<ModelConfig>;
  /** What is added to a norm's weight in its files. */
  readonly normOffset?: number;
  /** Which projections have biases in its files. */
  readonly biases: Biases | ((raw: RawConfig) => Biases);
  /** What is truly its own: switches of its config.json. */
  readonly own?: (raw: RawConfig, config: ModelConfig) => Partial<ModelConfig>;
  /** Switches that are refused unless they have this value (or are not there); a text is the key of the value. */
  readonly only?: Readonly<Record<string, unknown>>;
  readonly tensors: TensorTable;
}

export type RawConfig = Readonly<Record<string, unknown>>;

/** A key, or several of which the first that is there counts. */
export type Key = string | readonly string[];

export interface ConfigKeys {
  readonly n_layers: Key;
  readonly d_model: Key;
  readonly n_heads: Key;
  /** If keys and values may have fewer heads. */
  readonly n_key_value_heads?: Key;
  /** Whether weights of all sizes are named as grouped ones, `_W_K`. */
  readonly isGroupedName?: boolean;
  /** If a head may have another size than d_model / n_heads. */
  readonly d_head?: Key;
  readonly d_mlp: Key;
  /** How many times d_model it is, if its config.json need not say. */
  readonly mlpRatio?: number;
  readonly n_ctx: Key;
  /** Or the number, where no file says it. */
  readonly eps: Key | number;
  readonly act_fn: Key;
  /** Of the rotary base in older files; `rope_theta` if not said. */
  readonly rotary_base?: string;
  /** Of the share of a head that is turned, in older files; where there is none, the whole head is. */
  readonly rotary_share?: string;
}

type Biases = ModelConfig["biases"];

/** Names of tensors in a family's files, without `.weight` and `.bias`. */
export interface TensorTable {
  /** What stands before all of them but the unembedding, or is left away. */
  readonly prefixes: readonly string[];
  /** A tensor that stands in a file once, by which a prefix around the whole model is found. */
  readonly anchor: string;
  readonly embedding: string;
  readonly positions?: string;
  /** Rows before the first position. */
  readonly firstPosition?: number;
  /** Before a block's number. */
  readonly blocks: string;
  readonly ln1: string;
  readonly ln1_post?: string;
  /** Also of the MLP's norm, if it is the same. */
  readonly ln2: string;
  readonly ln2_post?: string;
  /** One tensor, or three. */
  readonly qkv: string | { readonly q: string; readonly k: string; readonly v: string };
  /** How one tensor holds them: all queries, then all keys, then all values; or head by head. */
  readonly qkvOrder?: "parts" | "heads";
  readonly q_norm?: string;
  readonly k_norm?: string;
  readonly o: string;
  readonly gate?: string;
  readonly in: string;
  readonly out: string;
  readonly ln_final: string;
  readonly unembedding: string;
  /** Matrices `[in, out]` as in GPT-2's Conv1D; else `[out, in]` as in nn.Linear. */
  readonly isConv1D?: boolean;
}
