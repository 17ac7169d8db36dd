import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { nodeModulesPolyfillPlugin } from "esbuild-plugins-node-modules-polyfill";
import { staticPagePolicy } from "../../src/display/page-policy";
import { InputError } from "../../src/errors";
import { inBrowser, standIn } from "./in-browser-plugin";
import { licences } from "./licences";
import { shipFiles } from "./ship-files";

const PAGE = join(__dirname, "..", "..", "src", "explore", "page");

/** The list of what the worker reads. */
const FILES = "files.json";

const PLOTLY = "plotly.js-cartesian-dist-min";

/** Files that are served as they are. */
const AS_THEY_ARE = [
  join(PAGE, "icon.svg"),
  require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"),
  require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"),
];

/**
 * Builds the page that runs in the browser alone. An earlier one is replaced when the new one is whole.
 *
 * @param folder where to
 * @param results a folder with the audits that it shows
 * @throws InputError if something else is in the folder.
 */
export async function buildDemo(folder: string, results: string): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, FILES))) {
    throw new InputError("there is something else in this folder, which would be lost", {
      file: folder,
      expected: "a folder that is not there yet, is empty, or holds an earlier page",
    });
  }
  const made = `${resolve(folder)}.tmp`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  try {
    const bundles = [await bundlePage(made), await bundleWorker(made)];
    for (const file of AS_THEY_ARE) copyFileSync(file, join(made, basename(file)));
    copyFileSync(require.resolve(PLOTLY), join(made, "plotly.js"));
    // What stands in for Node's modules is no file of a package to esbuild.
    writeFileSync(join(made, "licences.txt"), licences(bundles, [PLOTLY, "@jspm/core"]));
    const html = readFileSync(join(PAGE, "index.html"), "utf8");
    const policy = `<meta http-equiv="Content-Security-Policy" content="${staticPagePolicy()}">`;
    writeFileSync(join(made, "index.html"), html.replace(/(?=<meta name)/, `${policy}\n`));
    writeFileSync(join(made, FILES), JSON.stringify(shipFiles(made, results)));
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

async function bundlePage(outdir: string): Promise<Metafile> {
  const { BUNDLING } = await import("../build-page.mjs");
  const { metafile } = await build({
    ...BUNDLING,
    ...{ outdir, metafile: true, entryNames: "page" },
    entryPoints: { page: join(PAGE, "page-alone.ts"), "page-style": join(PAGE, "page.css") },
  });
  return metafile;
}

async function bundleWorker(outdir: string): Promise<Metafile> {
  const { BUNDLING } = await import("../build-page.mjs");
  const { metafile } = await build({
    ...BUNDLING,
    ...{ outdir, metafile: true, format: "iife" },
    entryPoints: { worker: standIn("worker") },
    inject: [standIn("globals")],
    define: { global: "globalThis", "require.cache": "{}" },
    mainFields: ["browser", "module", "main"],
    plugins: [inBrowser, nodeModulesPolyfillPlugin({ globals: {} })],
  });
  return metafile;
}
