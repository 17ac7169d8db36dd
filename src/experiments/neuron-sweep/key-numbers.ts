import type { KeyNumber } from "../../results/key-number";

export const NEURON_SWEEP_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "target.rank",
    of: "target.of",
    label: "rank in the sweep",
    meaning:
      "Among the neurons of {target.hook}, by how much patching each of them changes the prediction.",
    overview: "rank in the sweep",
  },
];
