// `npm run setup`: everything that the notebooks and tests need, inside this folder. Repeatable.
import { pathToFileURL } from "node:url";
import { projectRoot, secondsSince } from "./project.mjs";
import { installEngine, knownEngine } from "./setup/engine.mjs";
import { registerKernel } from "./setup/kernel.mjs";
import { compileLibrary, libraryIsCompiled } from "./setup/library.mjs";
import { checkNode, installPackages, packagesAreInstalled } from "./setup/packages.mjs";
import { findPython, installPython, pythonIsReady } from "./setup/python.mjs";
import { placeOfSetUp } from "./setup/stamp.mjs";
import { SetupProblem, step } from "./setup/steps.mjs";

/** Whether nothing is left to do, in this folder and not in the one that it was copied from. */
export function isSetUp() {
  return pythonIsReady() && packagesAreInstalled() && libraryIsCompiled() && knownEngine() !== null;
}

/**
 * Does what is not yet done. Ends the process, after saying what to type, if something is missing.
 * @param {{ retryEngine?: boolean, quiet?: boolean }} [options] retryEngine: try again for the native
 *   tensor engine although an earlier set-up had to settle for a slower one; quiet: say nothing where
 *   there is nothing to do
 */
export async function setUp({ retryEngine = false, quiet = false } = {}) {
  // Cheap, and it holds the Node of today.
  if (quiet && isSetUp()) return registerKernel();
  const started = performance.now();
  console.log(`tslens set-up (Node ${process.versions.node}, ${process.platform} ${process.arch})`);
  const elsewhere = placeOfSetUp();
  if (elsewhere !== null && elsewhere !== projectRoot) {
    console.log(`  this folder was set up as ${elsewhere}, and is set up again here`);
  }
  try {
    checkNode();
    await doWhatIsMissing(retryEngine);
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
  const engine = knownEngine();
  console.log(`  ready after ${secondsSince(started)}; tensor engine: ${engine?.description}`);
  if (engine?.problem) console.warn(slowEngineWarning(engine));
}

/** @param {boolean} retryEngine */
async function doWhatIsMissing(retryEngine) {
  // Before the first long step, so that nobody waits minutes to hear that Python is missing.
  if (!pythonIsReady()) findPython();
  if (!packagesAreInstalled()) await step("npm packages", installPackages);
  if (!libraryIsCompiled()) await step("library", compileLibrary);
  if (!pythonIsReady()) await step("Python environment", installPython);
  const engine = knownEngine();
  if (!engine || (retryEngine && engine.problem)) await step("tensor engine", installEngine);
  registerKernel();
}

// Measured on two cores against the native engine: 512×768 by 768×3072, the size of a GPT-2 layer.
const SLOWER = { wasm: "3 to 5 times", cpu: "more than 100 times", tensorflow: "just" };

/** @param {import("./setup/engine.mjs").EngineState} engine */
function slowEngineWarning({ name, description, problem }) {
  return `
  WARNING: the native TensorFlow engine could not be installed. ${description} computes
  instead: everything works, but large matrix products take ${SLOWER[name]} as long.
  The reason: ${problem}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await setUp({ retryEngine: true });
}
