// `npm run demo [FOLDER]`: the page of `tslens explore` as static files, which run in the browser alone.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { nodeModulesPolyfillPlugin } from "esbuild-plugins-node-modules-polyfill";
import { BUNDLING } from "./build-page.mjs";
import { inProject, inSetup, projectRoot, quietTensorFlow } from "./project.mjs";

const require = createRequire(import.meta.url);
const standIn = (name) => inProject("src", "explore", "in-browser", `${name}.ts`);

/** Where the worker finds tslens's own files. */
const FOLDER_IN_BROWSER = "/tslens";

/** What the worker takes instead of what needs Node. */
const STAND_INS = [
  [/^(node:)?fs$/, require.resolve("memfs")],
  [/^node:zlib$/, standIn("zlib")],
  [/^node:crypto$/, standIn("crypto")],
  [/^node:os$/, standIn("os")],
  [/^node:module$/, standIn("module")],
  [/\/tensors\/engine$/, standIn("engine")],
  [/^@xenova\/transformers$/, require.resolve("@xenova/transformers").replace(/\w+\.js$/, "tokenizers.js")],
  [/^signal-exit$/, inProject("node_modules", "signal-exit", "dist", "mjs", "browser.js")],
];

/** Modules that are the promises of another one. */
const PROMISES = { "fs/promises": "memfs", "stream/promises": "stream" };

/** What the worker never uses: the hub, bars, notebooks, the rest of what tokenizers come with. */
const ABSENT =
  /^(@huggingface\/jinja|zlib|\.\/utils\/(hub|tensor)\.js|.*\/(plan-download|download-file|download-snapshot|notebook-bar|terminal-bar|notebook-audit))$/;

/** @type {import("esbuild").Plugin} */
const inBrowser = {
  name: "in-browser",
  setup({ onResolve, onLoad, resolve: resolveIn }) {
    for (const [filter, path] of STAND_INS) onResolve({ filter }, () => ({ path }));
    onResolve({ filter: ABSENT }, ({ path }) => ({ path, namespace: "absent" }));
    onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({
      loader: "js",
      contents: `const absent = () => { throw new Error(${JSON.stringify(`${path} is not there in a browser`)}); };
const at = (_, name) => typeof name === "symbol" || ["__esModule", "default", "then"].includes(name) ? undefined : absent;
const module_ = new Proxy({}, { get: at, getPrototypeOf: () => module_ });
module.exports = module_;`,
    }));
    for (const [name, of] of Object.entries(PROMISES)) {
      onResolve({ filter: new RegExp(`^node:${name}$`) }, () => ({ path: of, namespace: "promises" }));
    }
    onLoad({ filter: /./, namespace: "promises" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)}).promises;`,
      resolveDir: projectRoot,
    }));
    // Of a stand-in by two names there would be two.
    onResolve({ filter: /^node:/ }, ({ path, kind, importer, resolveDir }) =>
      resolveIn(path.replace(/^node:/, ""), { kind, importer, resolveDir }),
    );
    // Messages are shown in English only.
    onResolve({ filter: /^\.\.\/locales\/index\.c?js$/ }, ({ path, kind, importer, resolveDir }) =>
      resolveIn(path.replace("index", "en"), { kind, importer, resolveDir }),
    );
    // Files are found from where a source file stands.
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!/\b__(dirname|filename)\b/.test(source)) return undefined;
      const file = `${FOLDER_IN_BROWSER}/${relative(projectRoot, path).replaceAll("\\", "/")}`;
      const names = `const __filename = ${JSON.stringify(file)}, __dirname = ${JSON.stringify(dirname(file))};`;
      return { loader: "ts", contents: `${names} ${source}` };
    });
  },
};

/** Files of the page that is served, and of packages, as they are. */
const COPIED = [
  inProject("dist", "explore", "page", "page.css"),
  inProject("dist", "explore", "page", "icon.svg"),
  ...["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"].map((name) =>
    require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`),
  ),
];

/**
 * @param {string} folder made anew
 * @returns {Promise<void>}
 */
export async function buildDemo(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    ...BUNDLING,
    entryPoints: { page: inProject("src", "explore", "page", "page-alone.ts") },
    outdir: folder,
  });
  await build({
    ...BUNDLING,
    ...{ entryPoints: { worker: standIn("worker") }, outdir: folder, format: "iife" },
    ...{ inject: [standIn("globals")], define: { "require.cache": "{}", global: "globalThis" } },
    mainFields: ["browser", "module", "main"],
    plugins: [inBrowser, nodeModulesPolyfillPlugin({ globals: {} })],
  });
  for (const file of COPIED) copyFileSync(file, join(folder, file.split(/[\\/]/).at(-1)));
  copyFileSync(require.resolve("plotly.js-cartesian-dist-min"), join(folder, "plotly.js"));
  const { staticPagePolicy } = require(inProject("dist", "display", "page-policy.js"));
  const page = readFileSync(inProject("src", "explore", "page", "index.html"), "utf8");
  const policy = `<meta http-equiv="Content-Security-Policy" content="${staticPagePolicy()}">`;
  writeFileSync(join(folder, "index.html"), page.replace("<meta name", `${policy}\n<meta name`));
  shipFiles(folder, await savedAudits());
}

/** Puts what tslens reads beside the page, and a list of it. */
function shipFiles(folder, audits) {
  const files = [];
  const ship = (path, content) => {
    // A host may take .gz for how it is to be sent.
    const address = `files/${path.replace(/\.gz$/, ".gz.bin")}`;
    mkdirSync(join(folder, dirname(address)), { recursive: true });
    writeFileSync(join(folder, address), content);
    files.push({ path, address, size: Buffer.byteLength(content) });
  };
  const { name, version } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));
  ship("package.json", JSON.stringify({ name, version }));
  for (const path of readdirSync(inProject("models"), { recursive: true, encoding: "utf8" })) {
    const isUsed = /\.(json|pt|safetensors)$/.test(path) && !/[\\/]final_model[\\/]/.test(path);
    if (isUsed) ship(`models/${path.replaceAll("\\", "/")}`, readFileSync(inProject("models", path)));
  }
  for (const path of ["train", "valid"].map((part) => `scripts/corpus/${part}.txt.gz`)) {
    ship(path, readFileSync(inProject(...path.split("/"))));
  }
  for (const audit of audits) {
    ship(`results/${audit.split(/[\\/]/).at(-1)}`, readFileSync(audit));
  }
  writeFileSync(join(folder, "files.json"), JSON.stringify(files));
}

/** Audits of the bundled heads, made once. */
async function savedAudits() {
  Object.assign(process.env, quietTensorFlow);
  const { VERSION } = require(inProject("dist", "version.js"));
  const folder = inSetup("cache", `demo-audits-${VERSION}`);
  const { savedAudit } = require(inProject("dist", "explore", "saved-audit.js"));
  const { analyzeAudits, openBase, openHead } = require(inProject("dist", "index.js"));
  const { writeResult } = require(inProject("dist", "experiments", "write-result.js"));
  const base = await openBase("tiny-gpt2");
  const heads = [];
  for (const name of readdirSync(inProject("models")).filter((name) => name.startsWith("neuron_"))) {
    heads.push(await openHead(`models/${name}`, { base }));
  }
  const missing = [];
  for (const head of heads) if (!(await savedAudit(head, folder))) missing.push(head);
  if (missing.length > 0) {
    await analyzeAudits(missing, {}, async (audited) => {
      if (audited.status === "rejected") throw audited.reason;
      await writeResult(audited.value, { directory: folder });
    });
  }
  for (const head of heads) head.dispose();
  base.dispose();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = resolve(process.argv[2] ?? inProject("demo"));
  await buildDemo(folder);
  const shown = relative(process.cwd(), folder) || ".";
  console.log(`${shown}: open index.html there from any web host, such as \`python3 -m http.server -d ${shown}\``);
}
