import type { HeadActivation } from "../heads/head-config";

/** A run's `config.json`, with the keys that the Python pipeline writes. */
export interface HeadConfigJson {
  readonly head_type: "regression" | "classification" | "token";
  readonly target_layer: number;
  readonly target_neuron: number;
  readonly layer_type: string;
  readonly token_pos: "last" | number;
  readonly feature_layer: number;
  readonly head_config:
    | {
        readonly class_name: "RegressionHead";
        readonly input_dim: number;
        readonly dropout: number;
        readonly hidden_dim: number | null;
        readonly activation: HeadActivation;
        readonly output_scale: number | null;
      }
    | {
        readonly class_name: "ClassificationHead";
        readonly input_dim: number;
        readonly dropout: number;
        readonly num_classes: number;
        readonly hidden_dim: number | null;
        readonly activation: HeadActivation;
        readonly class_weights: readonly number[] | null;
      }
    | {
        readonly class_name: "TokenPredictionHead";
        readonly input_dim: number;
        readonly dropout: number;
        readonly digit_tokens: readonly number[];
      };
  readonly base_model_name: string;
  readonly d_model: number;
  readonly bin_edges: readonly number[] | null;
  /** Mean of the target over the training texts. */
  readonly activation_mean: number;
  /** Population standard deviation of the target over the training texts. */
  readonly activation_std: number;
}
