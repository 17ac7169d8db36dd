export type {
  Interval,
  NullDistribution,
  Rank,
  RunPrompt,
  TestedClaim,
} from "./evidence-parts";
export type { HeadResult } from "./head-result";
export type { KeyNumber } from "./key-number";
export type { PatchedRun, Provenance } from "./schema-parts";
export { SCHEMA_VERSION } from "./schema-version";
export { timestamp } from "./timestamp";
