export { type Interrupt, listenForInterrupt } from "./interrupt";
export { type Progress, type ProgressReport, silentProgress } from "./progress";
export { type ProgressBarOptions, progressBar } from "./progress-bar";
