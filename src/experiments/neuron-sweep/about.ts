import type { AboutCommand } from "../experiment";

export const about: AboutCommand = {
  name: "sweep",
  description:
    "Patches every neuron of the target's layer, one at a time, and ranks them by how much the head's prediction changes.",
};
