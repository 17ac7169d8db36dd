export type { NotShown } from "./collect-results";
export { type WrittenReport, writeReport } from "./write-report";
