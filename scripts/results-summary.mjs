import { readFileSync, statSync } from "node:fs";
import { join, parse, relative } from "node:path";
import { filesUnder, projectRoot } from "./project.mjs";

const KEY_NUMBERS = [
  ...["sim_with_input", "z_score_input", "sim_with_gate", "z_score_gate"],
  ...["sim_with_output", "z_score_output"],
  ...["baseline_correlation", "slope", "intercept", "r_squared"],
];

/**
 * Prints which files a run wrote, one line for a name with several endings, and the numbers that
 * the result files hold.
 * @param {string} folder
 * @param {number} since milliseconds, as `Date.now()` gave it before the run
 */
export function printWritten(folder, since) {
  /** @type {Map<string, string[]>} endings of the files, by folder and name */
  const written = new Map();
  for (const file of filesUnder(folder, "")) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.mtimeMs < since) continue;
    const { dir, name, ext } = parse(relative(folder, file));
    const key = join(dir, name);
    written.set(key, [...(written.get(key) ?? []), ext.slice(1)]);
  }
  if (written.size === 0) return console.log("Nothing was written.");

  console.log(`Written to ${relative(projectRoot, folder) || folder}:`);
  // A result stands before the folder of its own name, which holds its figures.
  for (const [key, endings] of [...written].sort(([one], [other]) => (one < other ? -1 : 1))) {
    console.log(`  ${key} (${endings.join(", ")})`);
    if (endings.includes("json")) printNumbers(join(folder, `${key}.json`));
  }
}

/** @param {string} file */
function printNumbers(file) {
  const content = JSON.parse(readFileSync(file, "utf8"));
  const numbers = KEY_NUMBERS.filter((key) => key in content);
  if (numbers.length === 0) return;
  console.log(`    ${numbers.map((key) => `${key} ${shown(content[key])}`).join(", ")}`);
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "number" ? value.toPrecision(4) : String(value);
}
