import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** The project's folder, from `src/cli` as from `dist/cli`. */
export const projectFolder = join(__dirname, "..", "..");

/** The notebook that is not of one head. */
export const COMPARES_HEADS = "compare_heads";

/** The notebooks that run on another head. */
export function notebookNames(): string[] {
  return readdirSync(join(projectFolder, "notebooks"))
    .filter((file) => file.endsWith(".ipynb"))
    .map((file) => basename(file, ".ipynb"))
    .filter((name) => name !== COMPARES_HEADS)
    .sort();
}
