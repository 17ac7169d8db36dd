// node scripts/run-notebooks.mjs [--model-dir DIR] [--base BASE] [--out DIR] [--no-browser] [NAME…]
// Executes the notebooks (all of them, or those named) on the tslab kernel.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { endTogether } from "./end-together.mjs";
import { filesUnder, inProject, projectRoot } from "./project.mjs";
import { printWritten } from "./results-summary.mjs";
import { jupyterEnvironment } from "./setup/kernel.mjs";
import { environmentPython } from "./setup/python.mjs";
import { setUp } from "./setup.mjs";

const require = createRequire(import.meta.url);

/** The notebook that is not of one head. */
const COMPARES_HEADS = "compare_heads";

const options = /** @type {const} */ ({
  "model-dir": { type: "string" },
  base: { type: "string" },
  out: { type: "string" },
  "no-browser": { type: "boolean" },
});

/**
 * @param {string[]} args as on the command line
 * @returns {Promise<boolean>} whether every cell of every notebook ran
 */
export async function runNotebooks(args) {
  const started = Date.now();
  const { values, positionals } = parsed(args);
  const results = fromCaller(values.out ?? process.env.TSLENS_RESULTS_DIR ?? inProject("results"));
  const environment = {
    ...jupyterEnvironment(),
    TSLENS_RESULTS_DIR: results,
    ...(values["model-dir"] && { TSLENS_MODEL_DIR: fromCaller(values["model-dir"]) }),
    ...(values.base && { TSLENS_BASE_MODEL: folderOrName(values.base) }),
    ...(values["no-browser"] && { TSLENS_NO_BROWSER: "1" }),
  };

  const notebooks = findNotebooks(positionals, Boolean(environment.TSLENS_MODEL_DIR));
  console.log(
    `Executing ${notebooks.length === 1 ? "one notebook" : `${notebooks.length} notebooks`} on the tslab kernel`,
  );
  const folder = prepared(results, "notebooks");
  let failed = 0;
  for (const notebook of notebooks) {
    if (!(await execute(notebook, folder, environment))) failed++;
  }
  // The one that compares heads has a table of its own, and no results that a page could show.
  const ofOneHead = notebooks.filter((file) => basename(file, ".ipynb") !== COMPARES_HEADS);
  const isAnyDone = failed < notebooks.length && ofOneHead.length > 0;
  const page = isAnyDone ? await writeReport(results) : null;
  printWritten(results, started);
  if (page) console.log(`All results on one page: ${page}`);
  return failed === 0;
}

/**
 * A folder in the results, made if need be, without what an ended process left in it.
 * @param {string} results
 * @param {string} name
 */
function prepared(results, name) {
  const { leadsOut } = require("../dist/files/atomic-write.js");
  const { makeFolder } = require("../dist/files/make-folder.js");
  const { removeLeftOvers } = require("../dist/files/temporary.js");
  const folder = join(results, name);
  try {
    makeFolder(results);
    if (leadsOut(results, folder)) throw new Error("a link that leads out of the results' folder");
    makeFolder(folder);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    console.error(`${folder} cannot be used: ${code ?? message}. Give another folder with --out.`);
    process.exit(1);
  }
  removeLeftOvers(folder);
  return folder;
}

/**
 * Brings the page of all results up to date, and says what in the folder it could not show.
 * @param {string} results
 * @returns {Promise<string | null>} the page, and how much is on it
 */
async function writeReport(results) {
  const { status, stdout } = await run(
    process.execPath,
    [
      ...["--require", inProject("scripts", "end-with-parent.cjs")],
      ...[inProject("bin", "tslens.js"), "report", results],
    ],
    {
      cwd: projectRoot,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, JPY_PARENT_PID: `${process.pid}` },
    },
  );
  return status === 0 ? stdout.replace(/^wrote /, "").trim() : null;
}

/**
 * Runs a program to its end, or to ours.
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<{ status: number | null, stdout: string }>}
 */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    endTogether(child);
    let stdout = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout }));
  });
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    return process.exit(1);
  }
}

/**
 * @param {string} notebook
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 */
async function execute(notebook, folder, env) {
  const script = inProject("scripts", "execute_notebook.py");
  const given = env.TSLENS_MODEL_DIR || usualModelPath(notebook);
  const modelPath = given && fromProject(given);
  const head = modelPath ? [modelPath, ...copyNames(notebook, modelPath)] : [];
  const { status } = await run(environmentPython, [script, notebook, folder, ...head], {
    cwd: projectRoot,
    stdio: "inherit",
    env,
  });
  return status === 0;
}

/**
 * The names that an executed copy may have, best first: the notebook's own, unless another head has it.
 * @param {string} notebook
 * @param {string} modelPath the head's directory, also relative to the project
 * @returns {string[]}
 */
function copyNames(notebook, modelPath) {
  const { namesForHead } = require("../dist/results/result-file-names.js");
  return namesForHead(basename(notebook, ".ipynb"), resolve(projectRoot, modelPath));
}

/**
 * The head that a notebook analyses unless it is told otherwise: what stands in its parameters' cell.
 * @param {string} notebook
 * @returns {string | undefined}
 */
function usualModelPath(notebook) {
  const { cells } = JSON.parse(readFileSync(notebook, "utf8"));
  const sources = cells.map((/** @type {{ source: string | string[] }} */ { source }) =>
    [source].flat().join(""),
  );
  return /\bmodelDir:\s*(["'])(.+?)\1/.exec(sources.join("\n"))?.[2];
}

/**
 * A path inside the project as it is after the project has moved.
 * @param {string} path
 */
function fromProject(path) {
  const inside = relative(projectRoot, resolve(projectRoot, path));
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

/**
 * The copy of a notebook that was executed on its usual head.
 * @param {string} notebook
 * @param {string} folder where copies are
 */
export function usualCopy(notebook, folder) {
  const modelPath = fromProject(usualModelPath(notebook) ?? "");
  const copies = copyNames(notebook, modelPath).map((name) => join(folder, `${name}.ipynb`));
  return copies.find(
    (copy) =>
      existsSync(copy) &&
      JSON.parse(readFileSync(copy, "utf8")).metadata.tslens?.model_path === modelPath,
  );
}

/**
 * @param {string[]} names with or without .ipynb; none for all
 * @param {boolean} isOfOneHead whether they are to run on a head that was given
 */
function findNotebooks(names, isOfOneHead) {
  const all = filesUnder(inProject("notebooks"), ".ipynb").filter(
    (file) => !file.includes(".ipynb_checkpoints"),
  );
  if (names.length === 0) {
    return all.filter((file) => !isOfOneHead || basename(file, ".ipynb") !== COMPARES_HEADS);
  }
  if (isOfOneHead && names.some((name) => basename(name, ".ipynb") === COMPARES_HEADS)) {
    console.error(
      `${COMPARES_HEADS} compares many heads and takes no --model-dir: \`npx tslens study DIR\` compares those under a folder.`,
    );
    process.exit(1);
  }
  return names.map((name) => {
    const file = all.find(
      (candidate) => basename(candidate, ".ipynb") === basename(name, ".ipynb"),
    );
    if (file) return file;
    console.error(
      `There is no notebook "${name}"; there are: ${all.map((path) => basename(path, ".ipynb")).join(", ")}.`,
    );
    return process.exit(1);
  });
}

/** npm runs scripts in the project's folder; a path means where the user was. @param {string} path */
function fromCaller(path) {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

/** @param {string} base a folder, or a name for the model hub */
function folderOrName(base) {
  return existsSync(fromCaller(base)) ? fromCaller(base) : base;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  // A folder that was copied would start the kernel of the original.
  await setUp({ quiet: true });
  process.exitCode = (await runNotebooks(process.argv.slice(2))) ? 0 : 1;
}
