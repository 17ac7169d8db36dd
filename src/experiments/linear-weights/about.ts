import type { AboutCommand } from "../experiment";

export const about: AboutCommand = {
  name: "weights",
  description: "Compares a head's linear weights with the MLP weights of the neuron it predicts.",
};
