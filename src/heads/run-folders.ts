import { basename, dirname, resolve } from "node:path";

/** Folders of a training run that hold a head, the preferred first. */
export const RUN_FOLDERS = ["best_model", "final_model"] as const;

/** Which folder of a training run a path leads to; undefined if none. */
export function runFolder(path: string): (typeof RUN_FOLDERS)[number] | undefined {
  return RUN_FOLDERS.find((folder) => folder === basename(resolve(path)));
}

/** The name of the run directory that a path leads to, or leads into. */
export function runName(path: string): string {
  const full = resolve(path);
  return basename(runFolder(full) ? dirname(full) : full);
}
