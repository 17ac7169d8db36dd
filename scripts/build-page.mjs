// Bundles the page of `tslens explore` into dist/explore/page, where the server finds it.
import { copyFileSync, mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { inProject } from "./project.mjs";

const source = inProject("src", "explore", "page");
const target = inProject("dist", "explore", "page");

/** The page's files that are served as they are written. */
const AS_THEY_ARE = ["index.html", "icon.svg"];

/**
 * How scripts and styles are bundled, for browsers of the last years, all of which have what is used.
 * @type {import("esbuild").BuildOptions}
 */
export const BUNDLING = {
  ...{ bundle: true, minify: true, format: "esm", platform: "browser" },
  ...{ target: ["chrome110", "firefox115", "safari16"], legalComments: "none" },
  ...{ logLevel: "warning", jsx: "automatic", jsxImportSource: "preact" },
};

export async function buildPage() {
  mkdirSync(target, { recursive: true });
  await build({
    entryPoints: [inProject("src", "explore", "page", "page.tsx"), `${source}/page.css`],
    ...BUNDLING,
    outdir: target,
  });
  for (const file of AS_THEY_ARE) copyFileSync(`${source}/${file}`, `${target}/${file}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildPage();
