import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ShippedFile } from "../../src/explore/in-browser/shipped-files";
import { VERSION } from "../../src/version";

const PROJECT = join(__dirname, "..", "..");

/**
 * Puts the files that tslens reads beside the page.
 *
 * @param folder the page's
 * @param results a folder with the audits that are shown
 * @returns the list of them
 */
export function shipFiles(folder: string, results: string): ShippedFile[] {
  const files: ShippedFile[] = [];
  const ship = (path: string, content: string | Uint8Array) => {
    // Of a name that ends with .gz a web host may say that it is only packed for the way.
    const address = `files/${path.replace(/\.gz$/, ".gz.bin")}`;
    mkdirSync(join(folder, dirname(address)), { recursive: true });
    writeFileSync(join(folder, address), content);
    files.push({ path, address, size: Buffer.byteLength(content) });
  };
  ship("package.json", JSON.stringify({ name: "tslens", version: VERSION }));
  for (const path of [
    ...modelFiles(),
    "scripts/corpus/train.txt.gz",
    "scripts/corpus/valid.txt.gz",
  ]) {
    ship(path, readFileSync(join(PROJECT, path)));
  }
  for (const name of readdirSync(results).filter((file) => file.endsWith(".json"))) {
    ship(`results/${basename(name)}`, readFileSync(join(results, name)));
  }
  return files;
}

/** What is read of the bundled model and its heads, of which the best is taken. */
function modelFiles(): string[] {
  return readdirSync(join(PROJECT, "models"), { recursive: true, encoding: "utf8" })
    .map((name) => `models/${name.replaceAll("\\", "/")}`)
    .filter((path) => /\.(json|pt|safetensors)$/.test(path) && !path.includes("/final_model/"));
}
