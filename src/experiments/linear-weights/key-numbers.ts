import type { KeyNumber } from "../../results/key-number";

export const LINEAR_WEIGHTS_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "sim_with_input",
    label: "cosine with MLP input weights",
    meaning: "Whether the head looks where the neuron reads: W_in[:, n].",
    beside: { z: "z_score_input", p: "p_value_input" },
    overview: "cosine, MLP input",
  },
  {
    key: "sim_with_gate",
    label: "cosine with MLP gate weights",
    meaning: "Whether the head looks where the neuron's gate reads: W_gate[:, n].",
    beside: { z: "z_score_gate", p: "p_value_gate" },
  },
  {
    key: "sim_with_output",
    label: "cosine with MLP output weights",
    meaning: "Whether the head looks where the neuron writes: W_out[n, :].",
    beside: { z: "z_score_output", p: "p_value_output" },
    overview: "cosine, MLP output",
  },
  {
    key: "similarities",
    isEach: true,
    label: "cosine with",
    meaning: "Cosine of the head's linear weights with another direction.",
  },
  {
    key: "random_baseline.p5",
    to: "random_baseline.p95",
    label: "cosine of random directions",
    meaning: "The 5–95% range of {random_baseline.n}: a cosine inside it says nothing.",
  },
];
