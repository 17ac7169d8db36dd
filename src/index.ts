/** What a notebook can import from "tslens". */
export * from "./analysis";
export * from "./checkpoints";
export * from "./corpus";
export * from "./display";
export * from "./errors";
export * from "./experiments";
export * as figures from "./figures";
export * from "./heads";
export * from "./model";
export * from "./patching";
export * from "./progress";
export * from "./report";
export * from "./results";
export * as stats from "./stats";
export * from "./study";
export * from "./tensors";
export * from "./text";
export * from "./training";
