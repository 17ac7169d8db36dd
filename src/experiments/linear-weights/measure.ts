import { adjustedTests } from "../../analysis/adjusted-tests";
import { modelWarnings } from "../../analysis/model-warnings";
import { TEST_SENTENCES, VARIED_PROMPTS } from "../../analysis/prompts";
import { provenanceOf } from "../../analysis/provenance";
import { type RandomStreams, randomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import { type LinearWeights, linearWeights } from "../../heads/linear-weights";
import { type MeasuredPrompts, measurePrompts, type Prompt } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import { breathe, interruptible } from "../../progress/interrupt";
import { namedResult } from "../../results/named-result";
import { SCHEMA_VERSION } from "../../results/schema-version";
import { timestamp } from "../../results/timestamp";
import { cosineDecomposition } from "../../stats/cosine-decomposition";
import { principalComponents } from "../../stats/principal-components";
import { randomBaseline } from "../../stats/random-baseline";
import { vectorStatistics } from "../../stats/vector-statistics";
import { zScore } from "../../stats/z-score";
import { comparisonsOf } from "./compared-vectors";
import { gradientSummary } from "./gradient-summary";
import { LINEAR_WEIGHTS_KEY_NUMBERS } from "./key-numbers";
import { mainSimilarity } from "./main-similarity";
import { processedAndRaw } from "./processed-and-raw";
import { isResidualTarget } from "./residual-target";
import type { LinearWeightsResult } from "./result";
import type { GradientSummary, SimilarityTest } from "./similarity-evidence";
import {
  type Comparison,
  type HeadVector,
  layerGaussians,
  similarityTest,
  testsOfSimilarities,
} from "./similarity-tests";

export interface LinearWeightsOptions {
  /** Seed of every random draw. */
  readonly seed?: number;
  /** How many random vectors the baseline has, and how many draws each sampled null. */
  readonly randomVectors?: number;
  /**
   * Where the head's gradient is taken. The bundled sentences if not given, as far as the model has a
   * tokenizer and they fit its context.
   */
  readonly prompts?: readonly Prompt[];
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  /** When; now if not given. */
  readonly timestamp?: string;
}

/** Above this cosine a mean gradient is the linear weights themselves. */
const SAME_DIRECTION = 1 - 1e-9;

/**
 * Compares a head's linear weights with the MLP weights of the neuron it predicts: the numbers of the
 * first notebook.
 *
 * @throws InputError if a given prompt is empty, too long or outside the vocabulary.
 * @throws CheckpointError if the base model's files have changed since it was opened.
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const result = await analyzeLinearWeights(head);
 * console.log(result.sim_with_input, result.z_score_input);
 * console.log(result.similarity_tests[0].other_neurons.rank);
 */
export function analyzeLinearWeights(
  head: BoundHead,
  options: LinearWeightsOptions = {},
): Promise<LinearWeightsResult> {
  return interruptible(() => analyze(head, options));
}

async function analyze(
  head: BoundHead,
  options: LinearWeightsOptions,
): Promise<LinearWeightsResult> {
  const { seed = 0, randomVectors = 1000, prependBos = false } = options;
  const { config } = head.files;
  const provenance = await provenanceOf(head, { seed, prependBos });
  const linear = linearWeights(head);
  const { weights, rule, alternative } = linear;
  const streams = randomStreams(seed);
  const comparisons = await comparisonsOf(head);
  const prompts = gradientPrompts(head, options.prompts, prependBos);
  const gradient = gradientSummary(head, prompts, weights);
  const similarity_tests = await allTests(linear, gradient, comparisons, randomVectors, streams);
  const similarityWith = (name: Comparison["name"]) =>
    similarity_tests.find(isOf("linear_weights", name)) ?? null;
  const vectorOf = (name: Comparison["name"]) => {
    const found = comparisons.find((one) => one.name === name && one.weights === "processed");
    return found ? Array.from(found.layer[found.index]) : null;
  };
  const [withInput, withOutput] = [similarityWith("input"), similarityWith("output")];
  const [input, output] = [vectorOf("input"), vectorOf("output")];
  const isGated = head.model.cfg.gated_mlp;
  const withGate = similarityWith("gate");
  const gate = vectorOf("gate");
  const baseline = randomBaseline(weights, { n: randomVectors, ...streams("random-baseline") });
  return namedResult<LinearWeightsResult>("linear_weights_analysis", LINEAR_WEIGHTS_KEY_NUMBERS, {
    model_path: head.path,
    head_type: config.headType,
    target_layer: config.targetLayer,
    target_neuron: config.targetNeuron,
    sim_with_input: withInput?.cosine ?? null,
    sim_with_output: withOutput?.cosine ?? null,
    random_baseline_mean: baseline.mean,
    z_score_input: zScore(withInput?.cosine ?? null, baseline),
    z_score_output: zScore(withOutput?.cosine ?? null, baseline),
    timestamp: options.timestamp ?? timestamp(),
    schema_version: SCHEMA_VERSION,
    p_value_input: withInput?.random_directions.p_value ?? null,
    p_value_output: withOutput?.random_directions.p_value ?? null,
    ...(isGated && {
      sim_with_gate: withGate?.cosine ?? null,
      z_score_gate: zScore(withGate?.cosine ?? null, baseline),
      p_value_gate: withGate?.random_directions.p_value ?? null,
      mlp_gate_weights: gate,
      pca_with_gate: principalComponents(existing([weights, input, output, gate])),
    }),
    layer_type: config.layerType,
    d_model: weights.length,
    linear_weights_rule: rule,
    linear_weights: weights,
    linear_weights_centred: alternative?.name === "centred" ? alternative.weights : null,
    linear_weights_unembed: alternative?.name === "unembed" ? alternative.weights : null,
    mlp_input_weights: input,
    mlp_output_weights: output,
    similarities: furtherSimilarities(similarity_tests),
    main_similarity: mainSimilarity(head, similarity_tests),
    stats: {
      linear: vectorStatistics(weights),
      mlp_in: input && vectorStatistics(input),
      mlp_out: output && vectorStatistics(output),
      ...(isGated && { mlp_gate: gate && vectorStatistics(gate) }),
    },
    pca: principalComponents(existing([weights, input, output])),
    random_baseline: baseline,
    similarity_tests,
    tests: adjustedTests(testsOfSimilarities(similarity_tests)),
    processed_and_raw: processedAndRaw(similarity_tests, head.model.cfg.normalization_type),
    decompositions: comparisons
      .filter((one) => one.weights === "processed")
      .map(({ name, layer, index }) => ({
        comparison: name,
        ...cosineDecomposition(weights, layer[index]),
      })),
    gradient,
    warnings: [
      ...head.files.warnings,
      ...modelWarnings(head.model),
      ...linear.warnings,
      ...targetWarnings(head),
      ...familyWarnings(head),
    ],
    provenance: { ...provenance, random_streams: streams.names() },
  });
}

/**
 * The linear weights against every comparison; the alternative sum and, where it points elsewhere, the
 * mean gradient against those of the processed model.
 */
async function allTests(
  { weights, alternative }: LinearWeights,
  { mean, cosine_with_linear_weights: { of_mean } }: GradientSummary,
  comparisons: readonly Comparison[],
  draws: number,
  streams: RandomStreams,
): Promise<SimilarityTest[]> {
  const linear: HeadVector = { name: "linear_weights", values: weights };
  const others: HeadVector[] = [];
  if (alternative) {
    others.push({ name: `linear_weights_${alternative.name}`, values: alternative.weights });
  }
  if (mean && !(of_mean !== null && of_mean > SAME_DIRECTION)) {
    others.push({ name: "mean_gradient", values: mean });
  }
  const tests: SimilarityTest[] = [];
  for (const comparison of comparisons) {
    const gaussians = layerGaussians(comparison, draws, streams);
    const vectors = comparison.weights === "processed" ? [linear, ...others] : [linear];
    for (const vector of vectors) {
      await breathe();
      tests.push(similarityTest(vector, comparison, gaussians, draws, streams));
    }
  }
  return tests;
}

function existing(vectors: readonly (number[] | null)[]): number[][] {
  return vectors.filter((vector) => vector !== null);
}

function isOf(head_vector: SimilarityTest["head_vector"], name: Comparison["name"]) {
  return (test: SimilarityTest) =>
    test.head_vector === head_vector && test.comparison === name && test.weights === "processed";
}

/** Cosines that have no key of their own, by short names. */
function furtherSimilarities(tests: readonly SimilarityTest[]): Record<string, number | null> {
  const entries = tests.flatMap(({ head_vector, comparison, weights, cosine }) => {
    if (weights === "raw") return [];
    const isPlain = head_vector === "linear_weights";
    if (isPlain && ["input", "output", "gate"].includes(comparison)) return [];
    const which = head_vector.replace("linear_weights_", "");
    return [[isPlain ? comparison : `${which}_with_${comparison}`, cosine] as const];
  });
  return Object.fromEntries(entries);
}

/** Prompts for the gradient, or why there are none: those that come with tslens only where they can be run. */
function gradientPrompts(
  head: BoundHead,
  given: readonly Prompt[] | undefined,
  prependBos: boolean,
): MeasuredPrompts | string {
  if (given) return measurePrompts(head, given, { prependBos });
  if (!head.model.tokenizer) return "the base model has no tokenizer: give prompts as token ids";
  try {
    return measurePrompts(head, [...TEST_SENTENCES, ...VARIED_PROMPTS], { prependBos });
  } catch (error) {
    return `no prompts were given: ${(error as Error).message}`;
  }
}

function targetWarnings(head: BoundHead): string[] {
  const { layerType, targetNeuron } = head.files.config;
  const { d_mlp } = head.model.cfg;
  const warnings: string[] = [];
  if (isResidualTarget(head)) {
    warnings.push(
      `${layerType} is a residual-stream quantity: ${targetNeuron} is a coordinate of the residual stream, not a hidden MLP neuron; compare with basis_vector and read_direction`,
    );
  }
  if (targetNeuron >= d_mlp) {
    warnings.push(
      `there is no hidden MLP neuron ${targetNeuron} (d_mlp is ${d_mlp}), so there is nothing to compare its weights with`,
    );
  }
  return warnings;
}

/** Which input of a gated neuron an activation is the product with. */
const GATED_INPUTS: ReadonlyMap<string | null, string> = new Map([
  ["mlp.hook_pre", "W_gate"],
  ["mlp.hook_pre_linear", "W_in"],
]);

/** What a comparison means in a model whose block is another than GPT-2's. */
function familyWarnings({ hook, model }: BoundHead): string[] {
  const { gated_mlp, normalization_type, use_normalization_before_and_after } = model.cfg;
  const input = GATED_INPUTS.get(hookPoint(hook, model.cfg).nameInBlock);
  const own = input === undefined ? "" : `; ${hook} is what it reads by ${input}[:, n]`;
  return [
    ...(gated_mlp
      ? [
          `hidden neurons are gated and have two input vectors: post = activation(x · W_gate[:, n]) × (x · W_in[:, n])${own}`,
        ]
      : []),
    ...(normalization_type === "RMS"
      ? [
          "RMS norms take off no mean: processing centres no weights that write to the residual stream, and a mean that vectors have in common counts in every cosine here",
        ]
      : []),
    ...(use_normalization_before_and_after
      ? [
          "what the MLP gives passes the norm ln2_post before it is added to the stream: W_out[n, :] is not what reaches it; in read directions W_out[:, n] is multiplied by that norm's weight",
        ]
      : []),
  ];
}
