import type { BoundHead } from "../heads/bind-head";
import { linearWeights } from "../heads/linear-weights";
import { linearisedReadDirection, mlpNeuronWeights } from "../model/named-weights";
import type { LinearWeightsResult } from "../results/linear-weights-result";
import { timestamp } from "../results/timestamp";
import { cosineSimilarity } from "../stats/cosine-similarity";
import { cosineTTest } from "../stats/cosine-t-test";
import { principalComponents } from "../stats/principal-components";
import { randomBaseline } from "../stats/random-baseline";
import { vectorStatistics } from "../stats/vector-statistics";
import { zScore } from "../stats/z-score";
import { provenanceOf } from "./provenance";

export interface LinearWeightsOptions {
  /** The directory as the user named it, for the result; the head's folder if not given. */
  readonly modelPath?: string;
  /** Seed of the random baseline. */
  readonly seed?: number;
  /** How many random vectors the baseline has. */
  readonly randomVectors?: number;
  /** When; now if not given. */
  readonly timestamp?: string;
}

/**
 * Compares a head's linear weights with the MLP weights of the neuron it predicts: the numbers of the
 * first notebook.
 *
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const result = await analyzeLinearWeights(head);
 * console.log(result.sim_with_input, result.z_score_input);
 */
export async function analyzeLinearWeights(
  head: BoundHead,
  { modelPath, seed = 0, randomVectors = 1000, timestamp: moment }: LinearWeightsOptions = {},
): Promise<LinearWeightsResult> {
  const { config, directory } = head.files;
  const { weights, rule, warnings, alternative } = linearWeights(head);
  const neuron = hiddenNeuron(head);
  const [input, output] = neuron ? [neuron.input, neuron.output].map((v) => Array.from(v)) : [];
  const baseline = randomBaseline(weights, { n: randomVectors, seed });
  const withInput = input ? cosineSimilarity(weights, input) : null;
  const withOutput = output ? cosineSimilarity(weights, output) : null;
  const vectors = [weights, input, output].filter((vector) => vector !== undefined);
  return {
    model_path: modelPath ?? directory,
    head_type: config.headType,
    target_layer: config.targetLayer,
    target_neuron: config.targetNeuron,
    sim_with_input: withInput,
    sim_with_output: withOutput,
    random_baseline_mean: baseline.mean,
    z_score_input: zScore(withInput, baseline),
    z_score_output: zScore(withOutput, baseline),
    timestamp: moment ?? timestamp(),
    p_value_input: cosineTTest(withInput, weights.length).p_value,
    p_value_output: cosineTTest(withOutput, weights.length).p_value,
    layer_type: config.layerType,
    d_model: weights.length,
    linear_weights_rule: rule,
    linear_weights: weights,
    linear_weights_centred: alternative?.name === "centred" ? alternative.weights : null,
    linear_weights_unembed: alternative?.name === "unembed" ? alternative.weights : null,
    mlp_input_weights: input ?? null,
    mlp_output_weights: output ?? null,
    similarities: furtherSimilarities(head, weights, alternative, input, output),
    stats: {
      linear: vectorStatistics(weights),
      mlp_in: input ? vectorStatistics(input) : null,
      mlp_out: output ? vectorStatistics(output) : null,
    },
    pca: principalComponents(vectors),
    random_baseline: baseline,
    warnings: [...head.files.warnings, ...warnings, ...targetWarnings(head, neuron !== null)],
    provenance: await provenanceOf(head, seed),
  };
}

/** MLP weights of hidden neuron n of the target layer; null if n is beyond d_mlp. */
function hiddenNeuron({ files: { config }, model }: BoundHead) {
  const { targetLayer, targetNeuron } = config;
  if (targetNeuron >= model.cfg.d_mlp) return null;
  return mlpNeuronWeights(model, targetLayer, targetNeuron);
}

/** Whether the target is a coordinate of the residual stream rather than a hidden MLP neuron. */
export function isResidualTarget({ hook }: Pick<BoundHead, "hook">): boolean {
  return /hook_(resid_pre|resid_mid|resid_post|attn_out|mlp_out|embed|pos_embed)$/.test(hook);
}

function furtherSimilarities(
  head: BoundHead,
  weights: readonly number[],
  alternative: { name: string; weights: number[] } | null,
  input: number[] | undefined,
  output: number[] | undefined,
): Record<string, number | null> {
  const similarities: Record<string, number | null> = {};
  if (isResidualTarget(head)) {
    const { targetLayer } = head.files.config;
    const basis = weights.map((_, i) => (i === head.index ? 1 : 0));
    const direction = linearisedReadDirection(head.model, targetLayer, head.index);
    similarities.basis_vector = cosineSimilarity(weights, basis);
    similarities.read_direction = cosineSimilarity(weights, direction);
  }
  if (alternative) {
    if (input) {
      similarities[`${alternative.name}_with_input`] = cosineSimilarity(alternative.weights, input);
    }
    if (output) {
      similarities[`${alternative.name}_with_output`] = cosineSimilarity(
        alternative.weights,
        output,
      );
    }
  }
  return similarities;
}

function targetWarnings(head: BoundHead, hasHiddenNeuron: boolean): string[] {
  const { layerType, targetNeuron } = head.files.config;
  const { d_mlp } = head.model.cfg;
  const warnings: string[] = [];
  if (isResidualTarget(head)) {
    warnings.push(
      `${layerType} is a residual-stream quantity: ${targetNeuron} is a coordinate of the residual stream, not a hidden MLP neuron; compare with basis_vector and read_direction`,
    );
  }
  if (!hasHiddenNeuron) {
    warnings.push(
      `there is no hidden MLP neuron ${targetNeuron} (d_mlp is ${d_mlp}), so there is nothing to compare its weights with`,
    );
  }
  return warnings;
}
