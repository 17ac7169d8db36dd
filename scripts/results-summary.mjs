import { readFileSync, statSync } from "node:fs";
import { dirname, extname, relative } from "node:path";
import { filesUnder, projectRoot } from "./project.mjs";

const KEY_NUMBERS = [
  ...["sim_with_input", "z_score_input", "sim_with_output", "z_score_output"],
  ...["baseline_correlation", "slope", "intercept", "r_squared"],
];

/**
 * Prints which files a run wrote, one line for a name with several endings, and the numbers that
 * the result files hold.
 * @param {string} folder
 * @param {number} since milliseconds, as `Date.now()` gave it before the run
 */
export function printWritten(folder, since) {
  /** @type {Map<string, string[]>} */
  const endings = new Map();
  for (const file of filesUnder(folder, "")) {
    const { mtimeMs, isFile } = describe(file);
    if (!isFile || mtimeMs < since) continue;
    const name = file.slice(0, file.length - extname(file).length);
    endings.set(name, [...(endings.get(name) ?? []), extname(file)]);
  }
  if (endings.size === 0) return console.log("Nothing was written.");

  console.log(`Written to ${relative(projectRoot, folder) || folder}:`);
  let lastFolder = "";
  for (const [name, kinds] of endings) {
    const inFolder = relative(folder, dirname(name));
    if (inFolder !== lastFolder) console.log(`  ${inFolder}/`);
    lastFolder = inFolder;
    const indent = inFolder ? "    " : "  ";
    console.log(
      `${indent}${relative(dirname(name), name)} (${kinds.map((kind) => kind.slice(1)).join(", ")})`,
    );
    if (kinds.includes(".json")) printNumbers(`${name}.json`, `${indent}  `);
  }
}

/** @param {string} file */
function describe(file) {
  const stats = statSync(file);
  return { mtimeMs: stats.mtimeMs, isFile: stats.isFile() };
}

/**
 * @param {string} file
 * @param {string} indent
 */
function printNumbers(file, indent) {
  const content = JSON.parse(readFileSync(file, "utf8"));
  for (const key of KEY_NUMBERS) {
    if (key in content) console.log(`${indent}${key} = ${shown(content[key])}`);
  }
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "number" ? value.toPrecision(4) : String(value);
}
