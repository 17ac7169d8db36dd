export { type Progress, silentProgress } from "./progress";
export { type ProgressBarOptions, progressBar } from "./progress-bar";
