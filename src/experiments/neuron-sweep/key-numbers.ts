import type { KeyNumber } from "../../results/key-number";

export const NEURON_SWEEP_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "target.rank",
    of: "target.of",
    label: "rank of the target",
    meaning:
      "Among the neurons of {target.hook}, by how much zeroing or otherwise patching each changes the prediction.",
  },
];
