import type { KeyNumber } from "../../results/key-number";
import { COMPARISONS } from "./comparisons";

const NOT_THE_TARGET =
  "Of hidden neuron {target_neuron}, which is not the target: this head predicts {layer_type}.";

/** A hidden neuron's weights say something of the target where that is the hidden neuron. */
function ofHiddenNeuron(meaning: string): Pick<KeyNumber, "meaning" | "meaningBy"> {
  const by = { output: meaning, input: meaning, gate: meaning };
  const not = {
    basis_vector: NOT_THE_TARGET,
    read_direction: NOT_THE_TARGET,
  };
  return {
    meaning: "",
    meaningBy: { key: "main_similarity.comparison", of: { ...by, ...not } },
  };
}

const OF_STREAM = {
  basis_vector: "Whether the head looks at the coordinate that it predicts.",
  read_direction: "Whether it looks where that coordinate would read, were the MLP linear.",
  gate_read_direction: "The same by the gate's weights.",
} as const;

const OTHER_VECTORS = {
  centred: "the centred class sum",
  unembed: "the sum over unembedding columns",
  mean_gradient: "the mean gradient",
} as const;

/** How further cosines are called, and what they say. */
function furtherCosines(): NonNullable<KeyNumber["each"]> {
  const comparisons = Object.entries(COMPARISONS);
  const ofWeights = Object.entries(OF_STREAM).map(([name, meaning]) => [
    name,
    { label: `cosine with ${COMPARISONS[name as keyof typeof OF_STREAM].label}`, meaning },
  ]);
  const ofOthers = Object.entries(OTHER_VECTORS).flatMap(([which, vector]) =>
    comparisons.map(([name, { label }]) => [
      `${which}_with_${name}`,
      { label: `cosine of ${vector} with ${label}`, meaning: "" },
    ]),
  );
  return Object.fromEntries([...ofWeights, ...ofOthers]);
}

export const LINEAR_WEIGHTS_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "main_similarity.cosine",
    label: "cosine with {main_similarity.name}",
    meaning:
      "How alike the head's weights are to it: rank {main_similarity.rank} of {main_similarity.of} in the layer.",
    overview: "cosine",
  },
  {
    key: "similarities",
    label: "cosine with",
    meaning: "",
    each: furtherCosines(),
  },
  {
    key: "sim_with_input",
    label: "cosine with MLP input weights",
    ...ofHiddenNeuron("Whether the head looks where the neuron reads: W_in[:, n]."),
    beside: { z: "z_score_input", p: "p_value_input" },
  },
  {
    key: "sim_with_gate",
    label: "cosine with MLP gate weights",
    ...ofHiddenNeuron("Whether the head looks where the neuron's gate reads: W_gate[:, n]."),
    beside: { z: "z_score_gate", p: "p_value_gate" },
  },
  {
    key: "sim_with_output",
    label: "cosine with MLP output weights",
    ...ofHiddenNeuron("Whether the head looks where the neuron writes: W_out[n, :]."),
    beside: { z: "z_score_output", p: "p_value_output" },
  },
  {
    key: "random_baseline.p5",
    to: "random_baseline.p95",
    label: "cosine of random directions",
    meaning: "The 5–95% range of {random_baseline.n}: a cosine inside it says nothing.",
  },
];
