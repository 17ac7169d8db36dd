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

/**
 * The folder that set-up last ran in: another one if this one is its copy, or was moved.
 * @returns {string | null} null if it never ran
 */
export function placeOfSetUp() {
  const { root } = allStamps();
  return typeof root === "string" ? root : null;
}

/** @returns {Record<string, unknown>} */
function readStamps() {
  const stamps = allStamps();
  return stamps.root === projectRoot ? stamps : {};
}

/** @returns {Record<string, unknown>} */
function allStamps() {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8")) ?? {};
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
