import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { inSetup, projectRoot } from "../project.mjs";

// Made things hold absolute paths (virtual environment, kernelspec), so a moved project starts anew.
const file = inSetup("setup.json");

/**
 * What an earlier set-up noted under `name`; undefined if there is nothing that still holds.
 * @param {string} name
 * @returns {any}
 */
export function stampOf(name) {
  return readStamps()[name];
}

/**
 * @param {string} name
 * @param {unknown} value anything that JSON can hold
 */
export function stamp(name, value) {
  const stamps = { ...readStamps(), root: projectRoot, [name]: value };
  mkdirSync(inSetup(), { recursive: true });
  writeFileSync(file, `${JSON.stringify(stamps, null, 2)}\n`);
}

/** @returns {Record<string, unknown>} */
function readStamps() {
  if (!existsSync(file)) return {};
  try {
    const stamps = JSON.parse(readFileSync(file, "utf8"));
    return stamps.root === projectRoot ? stamps : {};
  } catch {
    return {};
  }
}

/**
 * One short hash over the contents (and names) of some files.
 * @param {readonly string[]} files
 */
export function hashOf(files) {
  const hash = createHash("sha256");
  for (const path of files) hash.update(path.slice(projectRoot.length)).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}
