import * as tf from "@tensorflow/tfjs-core";
import { EngineError } from "../errors";
import { type HoldingSignals, holdingSignals, signalsCorrupt } from "./held-signals";
import { PROCESSOR_ROWS } from "./processor-rows";

/** Which implementation runs the tensor operations. */
export type EngineName = "tensorflow" | "gpu" | "wasm" | "cpu";

/** The engine in use, as shown to the user and recorded in results. */
export interface Engine {
  readonly name: EngineName;
  /** One line for people: the engine and its version. */
  readonly description: string;
  /** What the user should know about a slower engine; null for the native one. */
  readonly warning: string | null;
  /** How many rows, each a patched run, are computed together: enough to fill it, few enough for its caches. */
  readonly rowsPerBatch: number;
}

/** Rows for a GPU; not measured. */
const GPU_ROWS = 16_384;

/**
 * How much longer matrix products of a GPT-2 layer's size (512×768 by 768×3072) take than on the
 * native engine, measured on two cores.
 */
const COST = {
  wasm: "3 to 5 times as long",
  cpu: "more than 100 times as long",
  sheltered: "about twice as long",
} as const;

let loading: Promise<Engine> | undefined;

/** The engines, in the order in which they are tried; those that are not `tried` only where they are asked for. */
const ENGINES: Readonly<
  Record<EngineName, { readonly tried: boolean; readonly load: Loader; readonly remedy?: string }>
> = {
  tensorflow: {
    tried: true,
    load: () => native("@tensorflow/tfjs-node", "native", PROCESSOR_ROWS),
  },
  gpu: {
    tried: false,
    load: () => native("@tensorflow/tfjs-node-gpu", "GPU", GPU_ROWS),
    remedy:
      "Install it where tslens is, `npm install @tensorflow/tfjs-node-gpu@4.22.0`, with the CUDA libraries that it names.",
  },
  wasm: { tried: true, load: webAssembly },
  cpu: { tried: true, load: plainJavaScript },
};

const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];

/** @param failures why engines before it were not loaded */
type Loader = (failures: readonly string[]) => Promise<Omit<Engine, "name">>;

/**
 * Loads the tensor engine once: native TensorFlow (`@tensorflow/tfjs-node`), else WebAssembly,
 * else plain JavaScript. The environment variable `TSLENS_ENGINE` (`tensorflow`, `gpu`, `wasm`, `cpu`)
 * asks for one of them and accepts no other; `gpu` takes `@tensorflow/tfjs-node-gpu`, where it is installed.
 *
 * @returns the engine in use; a slower one carries a `warning`, also written once to stderr.
 * @throws EngineError if the asked-for engine, or every engine, cannot be loaded.
 * @example
 * const engine = await loadEngine();
 * console.log(engine.description);
 */
export function loadEngine(): Promise<Engine> {
  loading ??= loadFirst(wantedEngines()).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

function wantedEngines(): readonly EngineName[] {
  const wanted = process.env.TSLENS_ENGINE;
  if (!wanted) return ENGINE_NAMES.filter((name) => ENGINES[name].tried);
  const name = ENGINE_NAMES.find((known) => known === wanted);
  if (!name) {
    throw new EngineError("TSLENS_ENGINE names no engine", {
      found: `"${wanted}"`,
      expected: ENGINE_NAMES.join(", "),
    });
  }
  return [name];
}

async function loadFirst(names: readonly EngineName[]): Promise<Engine> {
  const failures: string[] = [];
  for (const name of names) {
    try {
      const engine = { name, ...(await ENGINES[name].load(failures)) };
      if (engine.warning) process.stderr.write(`tslens: ${engine.warning}\n`);
      return engine;
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  throw new EngineError("no tensor engine could be loaded", {
    found: failures.join("; "),
    remedy:
      (names.length === 1 && ENGINES[names[0]].remedy) ||
      "Run `npm run setup` in the tslens folder; it says what is missing.",
  });
}

/** TensorFlow's own library, in the package that brings it for processors or for GPUs. */
async function native(
  packageName: string,
  kind: string,
  rowsPerBatch: number,
): Promise<Omit<Engine, "name">> {
  quietNativeLibrary();
  restoreUtilFunctions();
  const { run, warning } = sheltered();
  const node = run(() => require(packageName));
  await tf.setBackend("tensorflow");
  shelterOperations(tf.backend(), run);
  const version = node.version["tfjs-node"];
  const description = `${kind} TensorFlow ${version} (${packageName.replace("@tensorflow/", "")})`;
  return { description, warning, rowsPerBatch };
}

async function webAssembly(failures: readonly string[]): Promise<Omit<Engine, "name">> {
  registerGradients();
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    description: `WebAssembly ${wasm.version_wasm} (tfjs-backend-wasm)`,
    warning: slowEngineWarning("WebAssembly", COST.wasm, failures),
    rowsPerBatch: PROCESSOR_ROWS,
  };
}

async function plainJavaScript(failures: readonly string[]): Promise<Omit<Engine, "name">> {
  registerGradients();
  const cpu = require("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  return {
    description: `plain JavaScript ${cpu.version_cpu} (tfjs-backend-cpu)`,
    warning: slowEngineWarning("plain JavaScript", COST.cpu, failures),
    rowsPerBatch: PROCESSOR_ROWS,
  };
}

function slowEngineWarning(engine: string, cost: string, failures: readonly string[]): string {
  const reason =
    failures.length > 0 ? ` because the native library did not load (${failures[0]})` : "";
  return `running on the ${engine} engine${reason}; large matrix products take ${cost} there. Run \`npm run setup\` to install the native one.`;
}

/** tfjs-core has gradients in no file that CommonJS can load; the whole of tfjs brings them, tfjs-node too. */
function registerGradients(): void {
  require("@tensorflow/tfjs");
}

/** Must be set before the native library is loaded; they only silence its start-up lines. */
function quietNativeLibrary(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "0";
}

/**
 * How native code runs so that no signal corrupts it. Where signals cannot be held back TensorFlow
 * must do without the kernels that mind them, which it is told before it is loaded.
 */
function sheltered(): { readonly run: HoldingSignals; readonly warning: string | null } {
  const run: HoldingSignals = (work) => work();
  if (!signalsCorrupt) return { run, warning: null };
  try {
    return { run: holdingSignals(), warning: null };
  } catch (error) {
    process.env.TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL = "0";
    process.env.TF_ENABLE_ONEDNN_OPTS = "0";
    const [reason] = (error as Error).message.split("\n");
    const warning = `signals cannot be kept from the native engine (koffi: ${reason}), so it runs without oneDNN; large matrix products take ${COST.sheltered}. Run \`npm run setup\` to install what is missing.`;
    return { run, warning };
  }
}

/** What tfjs-node's backend has of the compiled addon; every operation goes through `executeOp`. */
interface NativeBackend {
  binding: { executeOp(...args: unknown[]): unknown };
}

function shelterOperations(backend: unknown, run: HoldingSignals): void {
  const native = backend as NativeBackend;
  const { binding } = native;
  // The addon's own properties cannot be written.
  native.binding = Object.create(binding, {
    executeOp: { value: (...args: unknown[]) => run(() => binding.executeOp(...args)) },
  });
}

/**
 * tfjs-node 4.22 calls two functions that Node 23 removed from `util`, and that earlier versions
 * warn of on stderr.
 */
function restoreUtilFunctions(): void {
  const util = require("node:util");
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
