import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { nodeModulesPolyfillPlugin } from "esbuild-plugins-node-modules-polyfill";
import { staticPagePolicy } from "../../src/display/page-policy";
import { inBrowser, standIn } from "./in-browser-plugin";
import { licences } from "./licences";
import { shipFiles } from "./ship-files";

const PAGE = join(__dirname, "..", "..", "src", "explore", "page");

const PLOTLY = "plotly.js-cartesian-dist-min";

/** Files that are served as they are. */
const AS_THEY_ARE = [
  join(PAGE, "icon.svg"),
  require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"),
  require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"),
];

/**
 * Builds the page that runs in the browser alone.
 *
 * @param folder made anew
 * @param results a folder with the audits that it shows
 */
export async function buildDemo(folder: string, results: string): Promise<void> {
  const { BUNDLING } = await import("../build-page.mjs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const page = await build({
    ...BUNDLING,
    entryPoints: { page: join(PAGE, "page-alone.ts"), "page-style": join(PAGE, "page.css") },
    entryNames: "page",
    outdir: folder,
    metafile: true,
  });
  const worker = await build({
    ...BUNDLING,
    ...{ entryPoints: { worker: standIn("worker") }, outdir: folder, format: "iife" },
    metafile: true,
    inject: [standIn("globals")],
    define: { global: "globalThis", "require.cache": "{}" },
    mainFields: ["browser", "module", "main"],
    plugins: [inBrowser, nodeModulesPolyfillPlugin({ globals: {} })],
  });
  for (const file of AS_THEY_ARE) copyFileSync(file, join(folder, basename(file)));
  copyFileSync(require.resolve(PLOTLY), join(folder, "plotly.js"));
  const bundles = [page.metafile, worker.metafile];
  // What stands in for Node's modules is no file of a package to esbuild.
  writeFileSync(join(folder, "licences.txt"), licences(bundles, [PLOTLY, "@jspm/core"]));
  const html = readFileSync(join(PAGE, "index.html"), "utf8");
  const policy = `<meta http-equiv="Content-Security-Policy" content="${staticPagePolicy()}">`;
  writeFileSync(join(folder, "index.html"), html.replace(/(?=<meta name)/, `${policy}\n`));
  shipFiles(folder, results);
}
