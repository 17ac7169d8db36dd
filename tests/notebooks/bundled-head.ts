import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./kernel";

/** The run directory that the notebooks analyse unless told otherwise. */
export function bundledHead(): string {
  const text = readFileSync(join(PROJECT, "notebooks", "activation_patching.ipynb"), "utf8");
  return /modelDir: \\"models\/(neuron_\w+)\\"/.exec(text)![1];
}
