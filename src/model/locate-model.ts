import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ModelConfigError } from "../errors";

/**
 * The folder of a base model: a folder as it is, else `models/<name>` under the working directory
 * or one above it (notebooks run in a subfolder), else in the tslens project itself.
 *
 * @throws ModelConfigError if there is no such folder; says where it looked.
 */
export function locateModel(nameOrFolder: string): string {
  const candidates = [nameOrFolder, ...modelFolders().map((folder) => join(folder, nameOrFolder))];
  const found = nameOrFolder === "" ? undefined : candidates.find(isFolder);
  if (found) return found;
  throw new ModelConfigError(`there is no base model "${nameOrFolder}"`, {
    found: `nothing at ${[...new Set(candidates.map((path) => resolve(path)))].join(", ")}`,
    expected: "a Hugging Face model folder",
    remedy:
      "Give the folder with its config.json and model.safetensors (for heads: base, --base or TSLENS_BASE_MODEL).",
  });
}

/** `models/` of the working directory and each folder above it, then of tslens itself. */
function modelFolders(): string[] {
  const folders: string[] = [];
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    folders.push(join(folder, "models"));
    if (folder === dirname(folder)) break;
  }
  folders.push(join(__dirname, "..", "..", "models"));
  return folders.filter((folder) => existsSync(folder));
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
