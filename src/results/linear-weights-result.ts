import type { PrincipalComponents } from "../stats/principal-components";
import type { RandomBaseline } from "../stats/random-baseline";
import type { VectorStatistics } from "../stats/vector-statistics";
import type { TestedClaim } from "./evidence-parts";
import type { Provenance } from "./provenance";
import type { Decomposition, GradientSummary, SimilarityTest } from "./similarity-evidence";

/**
 * What the first notebook and `tslens weights --json` report: a head's linear weights beside the
 * weights of the neuron that it predicts.
 *
 * The first ten keys are the contract with the Python scripts (SPEC section 7). A number that does
 * not exist is null.
 */
export interface LinearWeightsResult {
  /** The directory that was asked for. */
  readonly model_path: string;
  /** "regression", "classification" or "token". */
  readonly head_type: string;
  readonly target_layer: number;
  readonly target_neuron: number;
  /** Cosine of the linear weights with the neuron's MLP input weights, W_in[:, n]. */
  readonly sim_with_input: number | null;
  /** Cosine of the linear weights with the neuron's MLP output weights, W_out[n, :]. */
  readonly sim_with_output: number | null;
  /** Mean cosine with random directions. */
  readonly random_baseline_mean: number | null;
  /** `sim_with_input` in standard deviations of the random baseline. */
  readonly z_score_input: number | null;
  /** `sim_with_output` in standard deviations of the random baseline. */
  readonly z_score_output: number | null;
  /** When the analysis ran: ISO 8601, UTC, whole seconds. */
  readonly timestamp: string;

  /** Version of these keys; see `schemas/`. */
  readonly schema_version: string;
  /** Chance that a random direction is at least as similar (two-sided, exact). */
  readonly p_value_input: number | null;
  readonly p_value_output: number | null;
  /** Which activation the head predicts, e.g. "mlp_out". */
  readonly layer_type: string;
  /** Width of the residual stream, and length of every vector here. */
  readonly d_model: number;
  /** How the linear weights were read from the head, in words. */
  readonly linear_weights_rule: string;
  /** `[d_model]` */
  readonly linear_weights: readonly number[];
  /** `[d_model]` classification: the same sum with bin centres minus their mean; else null. */
  readonly linear_weights_centred: readonly number[] | null;
  /** `[d_model]` token heads: the same sum over unembedding columns; else null. */
  readonly linear_weights_unembed: readonly number[] | null;
  /** `[d_model]` the neuron's MLP input weights, W_in[:, n]; null where there is no such neuron. */
  readonly mlp_input_weights: readonly number[] | null;
  /** `[d_model]` the neuron's MLP output weights, W_out[n, :]; null where there is no such neuron. */
  readonly mlp_output_weights: readonly number[] | null;
  /** Further cosines by name, such as "basis_vector" or "read_direction". */
  readonly similarities: Readonly<Record<string, number | null>>;
  /** Statistics of the three vectors; null where the target has no such MLP weights. */
  readonly stats: {
    readonly linear: VectorStatistics;
    readonly mlp_in: VectorStatistics | null;
    readonly mlp_out: VectorStatistics | null;
  };
  /** The vectors of `stats` that exist, in that order, in the plane in which they differ most. */
  readonly pca: PrincipalComponents;
  readonly random_baseline: RandomBaseline;
  /** Every similarity against every null. */
  readonly similarity_tests: readonly SimilarityTest[];
  /** The p-values of `similarity_tests` that are read together, adjusted for one another. */
  readonly tests: readonly TestedClaim[];
  /** What the difference between processed and raw weights means, in a sentence. */
  readonly processed_and_raw: string;
  /** Each similarity of the linear weights taken apart over the coordinates. */
  readonly decompositions: readonly Decomposition[];
  /** How the prediction really changes with the features, over prompts. */
  readonly gradient: GradientSummary;
  /** What the reader has to know before reading the numbers; often empty. */
  readonly warnings: readonly string[];
  readonly provenance: Provenance;
}
