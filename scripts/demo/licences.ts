import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const PROJECT = join(__dirname, "..", "..");

/** The licences of tslens and of the packages that bundles hold parts of, as those ask. */
export function licences(bundles: readonly Metafile[], others: readonly string[]): string {
  const files = bundles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.flatMap((file) => {
    const folder = file.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
    // What is left out has another name.
    return folder && existsSync(join(PROJECT, folder)) ? [join(PROJECT, folder)] : [];
  });
  const packages = others.map((name) => join(PROJECT, "node_modules", name));
  return [PROJECT, ...[...new Set([...folders, ...packages])].sort()]
    .map(licenceOf)
    .join(`\n${"-".repeat(80)}\n`);
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${name} ${version} (${license})\n\n${text}\n`;
}
