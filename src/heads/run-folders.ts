import { basename, dirname, resolve } from "node:path";

/** Folders of a training run that hold a head, the preferred first. */
export const RUN_FOLDERS = ["best_model", "final_model"] as const;

/** What a training run says of itself, beside these folders. */
export const TRAINING_METRICS = "training_metrics.json";

/** Which folder of a training run a path leads to; undefined if none. */
export function runFolder(path: string): (typeof RUN_FOLDERS)[number] | undefined {
  return RUN_FOLDERS.find((folder) => folder === basename(resolve(path)));
}

/** The run directory that a path leads to, or leads into. */
export function runDirectory(path: string): string {
  return runFolder(path) ? dirname(resolve(path)) : path;
}

/** The name of the run directory that a path leads to, or leads into. */
export function runName(path: string): string {
  return basename(resolve(runDirectory(path)));
}
