import { freemem, totalmem } from "node:os";
import { ModelConfigError } from "../errors";
import type { ModelConfig } from "./config";
import { parameterCount } from "./parameter-count";

const BYTES = 4; // float32

/**
 * What a process has at its most while it loads, over its weights: 1.17 for a Llama of 1.2 billion
 * parameters in bfloat16.
 */
const AT_ITS_MOST = 1.2;

/**
 * Refuses a model that does not fit into memory, before any of its weights are read or downloaded.
 *
 * @param file that says its sizes
 * @throws ModelConfigError with what it needs and what there is.
 */
export function requireMemory(cfg: ModelConfig, file: string, available = freeMemory()): void {
  const parameters = parameterCount(cfg);
  const needed = AT_ITS_MOST * BYTES * parameters;
  if (needed <= available) return;
  const billions = (count: number) =>
    count < 1e12 ? (count / 1e9).toPrecision(3) : String(Math.round(count / 1e9));
  const gigabytes = (bytes: number) => `${billions(bytes)} GB`;
  throw new ModelConfigError("this model does not fit into memory", {
    file,
    found: `${billions(parameters)} billion parameters, which take ${gigabytes(needed)} in float32 while they are loaded`,
    expected: `at most ${gigabytes(available)}, which this process can have`,
    remedy: "Close other programs, or take a machine with more memory.",
  });
}

/** What a process can still have; elsewhere than on Linux, what is free does not count what can be freed. */
function freeMemory(): number {
  return process.platform === "linux"
    ? (process.availableMemory?.() ?? freemem())
    : Math.min(totalmem(), process.constrainedMemory?.() || totalmem());
}
