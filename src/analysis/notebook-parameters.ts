import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** What a notebook analyses and where it writes. */
export interface NotebookParameters {
  /** A training run's folder, or the one with `head.pt`. */
  readonly modelDir: string;
  /** The base model, a folder or a name; null for the head's own `base_model_name`. */
  readonly baseModel: string | null;
  /** Where results go. */
  readonly resultsDir: string;
}

/**
 * A notebook's parameters: what stands in its cell, unless the environment says otherwise
 * (`TSLENS_MODEL_DIR`, `TSLENS_BASE_MODEL`, `TSLENS_RESULTS_DIR`).
 *
 * A relative `resultsDir` is taken from the project's folder (the nearest with a package.json), so
 * that a notebook writes to the same place wherever in the project it stands.
 */
export function notebookParameters({
  modelDir,
  baseModel = null,
  resultsDir = "results",
}: {
  modelDir: string;
  baseModel?: string | null;
  resultsDir?: string;
}): NotebookParameters {
  const { TSLENS_MODEL_DIR, TSLENS_BASE_MODEL, TSLENS_RESULTS_DIR } = process.env;
  return {
    modelDir: TSLENS_MODEL_DIR || modelDir,
    baseModel: TSLENS_BASE_MODEL || baseModel,
    resultsDir:
      relative(process.cwd(), resolve(projectFolder(), TSLENS_RESULTS_DIR || resultsDir)) || ".",
  };
}

/** The nearest folder with a package.json, from the working directory up; else the working directory. */
function projectFolder(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return process.cwd();
  }
}
