/** One line for each experiment: what its folder exports is the package's, and `registry.ts` finds it. */
export * from "./activation-patching";
export * from "./audit";
export * from "./linear-weights";
export * from "./neuron-sweep";
