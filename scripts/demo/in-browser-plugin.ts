import { readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import type { Loader, Plugin } from "esbuild";

const PROJECT = join(__dirname, "..", "..");

/** Where the worker's file system has tslens's own folder (`src/explore/in-browser/shipped-files.ts`). */
const FOLDER = "/tslens";

export const standIn = (name: string) =>
  join(PROJECT, "src", "explore", "in-browser", `${name}.ts`);

/** What is taken instead of what needs Node. */
const STAND_INS: readonly (readonly [imported: RegExp, file: string])[] = [
  [/^(node:)?fs$/, require.resolve("memfs")],
  [/^node:zlib$/, standIn("zlib")],
  [/^node:crypto$/, standIn("crypto")],
  [/^node:os$/, standIn("os")],
  [/^node:module$/, standIn("module")],
  [/\/tensors\/engine$/, standIn("engine")],
  [/^@xenova\/transformers$/, inPackage("@xenova/transformers", "src", "tokenizers.js")],
  [/^signal-exit$/, inPackage("signal-exit", "dist", "mjs", "browser.js")],
];

/** Modules that are the promises of another one. */
const PROMISES = { "fs/promises": "memfs", "stream/promises": "stream" } as const;

/** What is never used: the hub, threads, bars, notebooks, and the rest of what zip files and tokenizers come with. */
const ABSENT = new RegExp(
  `^(${[
    ...["@huggingface/jinja", "zlib", String.raw`\./utils/(hub|tensor)\.js`],
    ".*/(plan-download|download-file|download-snapshot|hashing-thread|notebook-bar|terminal-bar|notebook-audit)",
  ].join("|")})$`,
);

/** Throws one line as soon as something of it is called. */
const absentModule = (path: string) => `
const absent = () => { throw new Error(${JSON.stringify(`${path} is not there in a browser`)}); };
const isThere = (name) => typeof name !== "symbol" && !["__esModule", "default", "then"].includes(name);
module.exports = new Proxy({}, {
  get: (_, name) => (isThere(name) ? absent : undefined),
  getPrototypeOf: () => module.exports,
});`;

/** Lets esbuild bundle tslens for a browser: what it needs of Node is stood in for. */
export const inBrowser: Plugin = {
  name: "tslens in a browser",
  setup({ onResolve, onLoad, resolve }) {
    for (const [filter, path] of STAND_INS) onResolve({ filter }, () => ({ path }));
    for (const [name, path] of Object.entries(PROMISES)) {
      const filter = new RegExp(`^node:${name}$`);
      onResolve({ filter }, () => ({ path, namespace: "promises" }));
    }
    onLoad({ filter: /./, namespace: "promises" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)}).promises;`,
      resolveDir: PROJECT,
    }));
    onResolve({ filter: ABSENT }, ({ path }) => ({ path, namespace: "absent" }));
    onLoad({ filter: /./, namespace: "absent" }, ({ path }) => ({ contents: absentModule(path) }));
    // By two names a module would be there twice.
    onResolve({ filter: /^node:/ }, ({ path, kind, importer, resolveDir }) =>
      resolve(path.replace(/^node:/, ""), { kind, importer, resolveDir }),
    );
    // zod's messages, in English only.
    onResolve({ filter: /^\.\.\/locales\/index\.c?js$/ }, ({ path, kind, importer, resolveDir }) =>
      resolve(path.replace("index", "en"), { kind, importer, resolveDir }),
    );
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => withItsPlace(path));
  },
};

/** Bundled into one file, a source file would not know where it stands, from where it finds others. */
function withItsPlace(path: string): { contents: string; loader: Loader } | undefined {
  const source = readFileSync(path, "utf8");
  if (!/\b__(dirname|filename)\b/.test(source)) return undefined;
  const file = posix.join(FOLDER, relative(PROJECT, path).replaceAll("\\", "/"));
  const place = { __filename: file, __dirname: posix.dirname(file) };
  const names = Object.entries(place).map(([name, at]) => `const ${name} = ${JSON.stringify(at)};`);
  return { contents: `${names.join(" ")} ${source}`, loader: "ts" };
}

function inPackage(name: string, ...path: readonly string[]): string {
  return join(PROJECT, "node_modules", name, ...path);
}
