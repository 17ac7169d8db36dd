import type { AboutCommand } from "../experiment";

export const about: AboutCommand = {
  name: "audit",
  description:
    "Says what a head reads: the neuron, what the neuron reads, or something that goes along with it.",
};
