import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { runFolder, runName } from "../heads/run-folders";

/** A run folder's name is cut after so many characters; file names may have 255 bytes. */
const LONGEST_SUFFIX = 120;

/** The table of a study, which tells a folder whose page is that study's. */
export const STUDY_FILE = "study.json";

/** What names a result file: which head it is about. */
export interface ResultSubject {
  readonly model_path: string;
  readonly target_layer: number;
  readonly target_neuron: number;
}

/**
 * The names that a result file may take, best first.
 *
 * The first is the contract with the Python scripts, `{name}_{layer}_{neuron}.json`. If another
 * head's result has it, the second adds the run directory's name; if even that is taken (two folders
 * of the same name in different places), the third adds eight digits of a hash of the whole path.
 *
 * @param name which kind of result
 * @param subject the head's directory, layer and neuron
 * @returns three file names, without folder
 *
 * @example
 * resultFileNames("activation_patching", {
 *   model_path: "models/neuron_l8_n481_20250422_173314",
 *   target_layer: 8,
 *   target_neuron: 481,
 * })[1]; // "activation_patching_8_481__neuron_l8_n481_20250422_173314.json"
 */
export function resultFileNames(
  name: string,
  { model_path, target_layer, target_neuron }: ResultSubject,
): [string, string, string] {
  const [first, second, third] = namesForHead(
    `${name}_${target_layer}_${target_neuron}`,
    model_path,
  );
  return [`${first}.json`, `${second}.json`, `${third}.json`];
}

/**
 * The names that what is about a head may take, best first: the plain one; if another head has it, the
 * one with the run directory's name; if even that is taken, the one with a hash of the whole path.
 */
export function namesForHead(plain: string, modelPath: string): [string, string, string] {
  const full = resolve(modelPath);
  const inside = runFolder(full);
  const suffix = `${runName(full)}${inside ? `_${inside}` : ""}`
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, LONGEST_SUFFIX);
  const hash = createHash("sha256").update(full).digest("hex").slice(0, 8);
  return [plain, `${plain}__${suffix}`, `${plain}__${suffix}__${hash}`];
}
