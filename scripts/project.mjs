import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {...string} parts path inside the project */
export const inProject = (...parts) => join(projectRoot, ...parts);

/** @param {...string} parts path inside the folder that holds all that set-up makes */
export const inSetup = (...parts) => inProject(".tslens", ...parts);

// By path: tslab puts its own, older `tsc` into node_modules/.bin.
export const typescriptCompiler = inProject("node_modules", "typescript", "bin", "tsc");

/** The native TensorFlow library writes to the terminal unless both are set. */
export const quietTensorFlow = { TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "0" };

/**
 * Every file under `folder` whose name ends with `ending`, sorted.
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
export function filesUnder(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

/** @param {number} started as `performance.now()` gave it */
export function secondsSince(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
