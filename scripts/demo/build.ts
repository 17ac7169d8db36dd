import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { nodeModulesPolyfillPlugin } from "esbuild-plugins-node-modules-polyfill";
import { staticPagePolicy } from "../../src/display/page-policy";
import { inBrowser, standIn } from "./in-browser-plugin";
import { shipFiles } from "./ship-files";

const PAGE = join(__dirname, "..", "..", "src", "explore", "page");

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
  await build({
    ...BUNDLING,
    entryPoints: { page: join(PAGE, "page-alone.ts"), "page-style": join(PAGE, "page.css") },
    entryNames: "page",
    outdir: folder,
  });
  await build({
    ...BUNDLING,
    ...{ entryPoints: { worker: standIn("worker") }, outdir: folder, format: "iife" },
    inject: [standIn("globals")],
    define: { global: "globalThis", "require.cache": "{}" },
    mainFields: ["browser", "module", "main"],
    plugins: [inBrowser, nodeModulesPolyfillPlugin({ globals: {} })],
  });
  for (const file of AS_THEY_ARE) copyFileSync(file, join(folder, basename(file)));
  copyFileSync(require.resolve("plotly.js-cartesian-dist-min"), join(folder, "plotly.js"));
  const page = readFileSync(join(PAGE, "index.html"), "utf8");
  const policy = `<meta http-equiv="Content-Security-Policy" content="${staticPagePolicy()}">`;
  writeFileSync(join(folder, "index.html"), page.replace(/(?=<meta name)/, `${policy}\n`));
  shipFiles(folder, results);
}
