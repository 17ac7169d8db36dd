export type { FailedHead } from "./find-heads";
export { runStudy, type Study } from "./run-study";
export { type StudyJson, studyJsonSchema } from "./study-json";
export type { StudyOptions } from "./study-options";
export { STUDY_COLUMNS, type StudyRow, studyRowSchema } from "./study-row";
