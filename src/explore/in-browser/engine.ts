/** Stands for `tensors/engine` in a worker: WebAssembly, and nothing else. */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { EngineError } from "../../errors";
import type { Engine } from "../../tensors/engine";
import { PROCESSOR_ROWS } from "../../tensors/processor-rows";

let loading: Promise<Engine> | undefined;

export function loadEngine(): Promise<Engine> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Engine> {
  // Threads would start workers from texts, which the page's policy forbids.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(new URL("./", location.href).href);
  if (!(await tf.setBackend("wasm"))) {
    throw new EngineError("this browser does not run the tensor engine", {
      expected: "a browser with WebAssembly",
      remedy: "Take a browser of the last years; on a web host, load the page again.",
    });
  }
  return {
    name: "wasm",
    description: `WebAssembly ${version_wasm} (tfjs-backend-wasm)`,
    warning: null,
    rowsPerBatch: PROCESSOR_ROWS,
  };
}

declare const location: { readonly href: string };
