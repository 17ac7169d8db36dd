export type {
  ActivationPatchingResult,
  PatchedRun,
} from "./activation-patching-result";
export type { LinearWeightsResult } from "./linear-weights-result";
export type { Provenance } from "./provenance";
export type { ResultByName, ResultName } from "./result-by-name";
export { serializeResult } from "./serialize-result";
export { timestamp } from "./timestamp";
export { type WriteResultOptions, type WrittenResult, writeResult } from "./write-result";
