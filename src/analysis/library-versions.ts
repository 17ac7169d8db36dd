import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Packages that numbers are made by. */
const LIBRARIES = [
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-node",
  "@tensorflow/tfjs-backend-wasm",
  "@tensorflow/tfjs-backend-cpu",
  "@xenova/transformers",
  "cephes",
  "ml-pca",
  "pure-rand",
  "re2js",
  "simple-statistics",
] as const;

/** Versions of the installed packages that numbers depend on, by name; one that is not there is left out. */
export function libraryVersions(): Record<string, string> {
  const folders = createRequire(__filename).resolve.paths("tslens") ?? [];
  const versions = LIBRARIES.flatMap((name) => {
    const file = folders.map((folder) => join(folder, name, "package.json")).find(existsSync);
    return file ? [[name, JSON.parse(readFileSync(file, "utf8")).version as string]] : [];
  });
  return Object.fromEntries(versions);
}
