import type { AboutCommand } from "../experiment";

export const about: AboutCommand = {
  name: "patch",
  description: "Patches the neuron a head predicts and measures how the prediction follows.",
};
