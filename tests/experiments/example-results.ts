import type { ActivationPatchingResult } from "../../src/experiments/activation-patching/result";
import type { AuditResult } from "../../src/experiments/audit/result";
import type { LinearWeightsResult } from "../../src/experiments/linear-weights/result";
import type { SimilarityTest } from "../../src/experiments/linear-weights/similarity-evidence";
import type { NeuronSweepResult } from "../../src/experiments/neuron-sweep/result";
import type { Provenance } from "../../src/results/schema-parts";
import { SCHEMA_VERSION } from "../../src/results/schema-version";
import { controls, direct_effect, evidence, quantiles } from "./example-evidence";

const provenance: Provenance = {
  tslens: "0.1.0",
  node: "v20.20.2",
  platform: "linux x64",
  engine: "tensorflow",
  engine_description: "native TensorFlow 4.22.0 (tfjs-node)",
  libraries: { cephes: "3.3.3" },
  base_model: "models/tiny-gpt2",
  base_model_sha256: "1".repeat(64),
  base_model_files: { "model.safetensors": "1".repeat(64) },
  head_sha256: "0".repeat(64),
  head_config_sha256: "2".repeat(64),
  weight_processing: {
    fold_ln: true,
    center_writing_weights: true,
    center_unembed: true,
    fold_value_biases: true,
  },
  prepend_bos: false,
  seed: 0,
  random_streams: ["random-baseline"],
};

const drawn = {
  ...{ mean: 0, std: 0.1, p5: -0.2, p95: 0.2, min: -0.4, max: 0.4, n: 1000, p_value: 0.01 },
  reason: null,
};

const similarityTest: SimilarityTest = {
  head_vector: "linear_weights",
  comparison: "input",
  weights: "processed",
  cosine: 0.25,
  reason: null,
  random_directions: { t: 0.26, degrees_of_freedom: 1, p_value: 0.84 },
  sampled_directions: drawn,
  other_neurons: {
    ...{ rank: 1, of: 2, percentile: 100, p_value: 0.5, reason: null },
    ...{ mean: 0.1, std: 0, p5: 0.1, p95: 0.1, min: 0.1, max: 0.1 },
    most_similar: [
      { neuron: 7, cosine: 0.25 },
      { neuron: 0, cosine: 0.1 },
    ],
  },
  shuffled_coordinates: drawn,
  layer_covariance: drawn,
};

const noSpread = { mean: null, std: null, min: null, max: null };

const statistics = { mean: 0, std: 1, min: -1, max: 1, l2_norm: 1.5, sparsity: 0 };

/** A small valid result; its numbers mean nothing. */
export function exampleLinearWeights(
  changes: Partial<LinearWeightsResult> = {},
): LinearWeightsResult {
  return {
    model_path: "models/neuron_l1_n7_20250422_173314",
    head_type: "regression",
    target_layer: 1,
    target_neuron: 7,
    sim_with_input: 0.25,
    sim_with_output: null,
    random_baseline_mean: 0.001,
    z_score_input: 2.5,
    z_score_output: null,
    timestamp: "2025-04-22T17:33:14Z",
    schema_version: SCHEMA_VERSION,
    p_value_input: 0.75,
    p_value_output: null,
    layer_type: "mlp_out",
    d_model: 2,
    linear_weights_rule: "output.weight[0]",
    linear_weights: [0.5, -1],
    linear_weights_centred: null,
    linear_weights_unembed: null,
    mlp_input_weights: null,
    mlp_output_weights: null,
    similarities: { basis_vector: -0.5, read_direction: null },
    main_similarity: {
      ...{ comparison: "basis_vector", name: "basis vector e_n", cosine: -0.5 },
      ...{ rank: 1, of: 2, percentile: 100, p_value: 0.5, reason: null },
    },
    stats: { linear: statistics, mlp_in: statistics, mlp_out: statistics },
    pca: {
      points: [
        [1, 0],
        [-0.5, 0.25],
        [-0.5, -0.25],
      ],
      explained_variance_ratio: [0.9, 0.1],
    },
    random_baseline: {
      mean: 0.001,
      std: 0.1,
      p5: -0.2,
      p95: 0.2,
      min: -0.4,
      max: 0.4,
      n: 1000,
      seed: 0,
      exact_std: 0.1,
    },
    similarity_tests: [similarityTest],
    tests: [
      {
        claim: "cosine of linear_weights with input, processed weights",
        estimate: 0.25,
        null_hypothesis: "random_directions",
        ...{ p_value: 0.84, holm: 0.84, benjamini_hochberg: 0.84 },
        ...{ family: "similarities, processed weights", reason: null },
      },
    ],
    processed_and_raw: "A sentence.",
    decompositions: [
      {
        comparison: "input",
        cosine: 0.25,
        top: [{ coordinate: 0, first: 0.5, second: 1, contribution: 0.25 }],
        ...{ rest: 0, without_top: null, effective_coordinates: 1 },
      },
    ],
    gradient: {
      features: "blocks.3.hook_resid_post",
      prompts: [],
      reason: "there were no prompts",
      ...{ mean: null, std: null, mean_norm: null, norm: noSpread, coherence: null },
      cosine_with_linear_weights: { ...noSpread, of_mean: null, by_prompt: [] },
      linear_r_squared: { linear_weights: null, mean_gradient: null },
    },
    warnings: [],
    provenance,
    ...changes,
  };
}

/** A small valid result over two prompts and two factors; its numbers mean nothing. */
export function examplePatching(
  changes: Partial<ActivationPatchingResult> = {},
): ActivationPatchingResult {
  return {
    model_path: "models/neuron_l1_n7_20250422_173314",
    head_type: "regression",
    target_layer: 1,
    target_neuron: 7,
    baseline_correlation: 1,
    slope: 0.5,
    intercept: 0,
    r_squared: 1,
    scale_factors: [0, 2],
    avg_act_changes: [-1.5, 1.5],
    avg_pred_changes: [-0.75, 0.75],
    timestamp: "2025-04-22T17:33:14Z",
    schema_version: SCHEMA_VERSION,
    layer_type: "mlp_out",
    hook: "blocks.1.hook_mlp_out",
    prompts: [
      { text: "A fox.", tokens: [32, 21831, 13], position: 2 },
      { text: null, tokens: [7], position: 0 },
    ],
    baseline: { activation: [1, 2], prediction: [3, 4], rounding: [1e-6, 1e-6], correlation: 1 },
    experiments: [{ patch: ["zero", 0], activation: [0, 0], prediction: [2.5, 3] }],
    scaling: [
      { patch: ["scale", 0], activation: [0, 0], prediction: [2.5, 3] },
      { patch: ["scale", 2], activation: [2, 4], prediction: [3.5, 5] },
    ],
    regression: { slope: 0.5, intercept: 0, r_squared: 1, reason: null },
    per_input: [
      { slope: 0.5, intercept: 0, r2: 1, reason: null },
      { slope: null, intercept: null, r2: null, reason: "fewer than two points" },
    ],
    ...{ evidence, direct_effect, quantiles, controls },
    warnings: [],
    provenance,
    ...changes,
  };
}

/** A small valid result; its numbers mean nothing. */
export function exampleSweep(change: Partial<NeuronSweepResult> = {}): NeuronSweepResult {
  const neuron = { index: 1, mean_change: -0.2, mean_abs_change: 0.2 };
  return {
    model_path: "models/neuron_l2_n1_20250422_173314",
    head_type: "regression",
    target_layer: 2,
    target_neuron: 1,
    timestamp: "2025-04-22T17:33:14Z",
    schema_version: SCHEMA_VERSION,
    layer_type: "mlp_out",
    hook: "blocks.2.hook_mlp_out",
    patch: ["zero", 0],
    prompts: [{ text: "Who?", tokens: [4, 5], position: 1 }],
    baseline: { prediction: [0.5] },
    target: {
      hook: "blocks.2.hook_mlp_out",
      ...neuron,
      ...{ rank: 1, of: 2, percentile: 100, p_value: 0.5, reason: null },
    },
    swept: [
      {
        hook: "blocks.2.hook_mlp_out",
        mean_change: [null, -0.2],
        mean_abs_change: [null, 0.2],
        changes: [null, [-0.2]],
        largest: [neuron],
        attribution: { correlation: null, reason: "the sweep is not complete" },
      },
    ],
    is_complete: false,
    warnings: [],
    provenance,
    ...change,
  };
}

export function exampleAudit(change: Partial<AuditResult> = {}): AuditResult {
  const share = { estimate: 0.13, low: 0.12, high: 0.14, confidence: 0.95 };
  const interval = { ...share, method: "jackknife_fieller", n: 300, resamples: 300, usable: 300 };
  const known = { ...interval, reason: null };
  return {
    verdict: "reads a correlate",
    because: ["Predicts well. It reads a correlate."],
    criteria: [
      {
        name: "causal share",
        estimate: 0.13,
        low: 0.12,
        high: 0.14,
        threshold: "≥ 0.5",
        met: false,
      },
    ],
    causal_share: known,
    model_path: "models/neuron_l2_n1_20250422_173314",
    head_type: "regression",
    target_layer: 2,
    target_neuron: 1,
    timestamp: "2025-04-22T17:33:14Z",
    schema_version: SCHEMA_VERSION,
    layer_type: "mlp_out",
    hook: "blocks.2.hook_mlp_out",
    texts: {
      ...{ given: 310, dropped: 4, repeated: 6, used: 300, training_known: true },
      sha256: "0".repeat(64),
    },
    prediction: {
      r: known,
      ...{ r_squared: 0.9, r_squared_last_token: 0.4, last_token_texts: 1000, reason: null },
    },
    observational_slope: known,
    causal_slope: known,
    input_slope: known,
    input_share: known,
    both_shares: known,
    unreached: 0.01,
    specificity: {
      ...{ neurons: 128, texts: 16, effect: 0.2, largest: [{ neuron: 1, effect: 0.2 }] },
      ...{ rank: 1, of: 128, percentile: 100, p_value: 1 / 128, reason: null },
    },
    decomposition: {
      ...{ direction: "weights", slope: 0.5, target: 0.1, residue: 0, reason: null },
      parts: [{ part: "mlp_out", layer: 8, slope: known }],
      heads: [{ layer: 8, head: 0, slope: 0.2 }],
      neurons: [{ layer: 8, neuron: 3, slope: 0.1 }],
    },
    random_directions: {
      ...{ directions: 100, effect: 0.2, median_effect: 0.1, median_r: 0.3 },
      ...{ rank: 4, of: 101, percentile: 97, p_value: 4 / 101, reason: null },
    },
    shuffled_labels: {
      ...{ texts: 4000, effect: 0.2, heads: [{ effect: 0.01, r: null }] },
      ...{ rank: 1, of: 2, percentile: 100, p_value: 0.5, reason: null },
    },
    resamples: 20,
    warnings: [],
    provenance,
    ...change,
  };
}
