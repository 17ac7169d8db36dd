import type { KeyNumber } from "../../results/key-number";

export const AUDIT_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "causal_share.estimate",
    label: "causal share",
    meaning: "How much of what the head knows of the neuron comes from the neuron itself.",
    interval: "causal_share",
    overview: "causal share",
  },
  {
    key: "input_share.estimate",
    label: "input share",
    meaning: "How much it knows by what the neuron reads, the neuron held still.",
    interval: "input_share",
  },
  {
    key: "prediction.r.estimate",
    label: "r",
    meaning: "How well it predicts on held-out texts: Pearson's correlation with the activation.",
    interval: "prediction.r",
  },
  {
    key: "specificity.rank",
    of: "specificity.of",
    label: "rank of the target",
    meaning: "Among the neurons of {hook}, by how much other texts' values move the prediction.",
  },
];
