export * from "./all";
export type {
  CommandOption,
  Experiment,
  ExperimentCommand,
  SharedOptions,
  SummaryPart,
  SummaryTable,
} from "./experiment";
export type { Finding } from "./finding";
export { type JsonSchema, resultJsonSchema } from "./json-schema";
export { EXPERIMENTS, type ResultByName, type ResultName } from "./registry";
export { type SavedResult, saveResult } from "./save-result";
export { serializeResult } from "./serialize-result";
export { type WriteResultOptions, type WrittenResult, writeResult } from "./write-result";
