/** Node's globals in a worker. */
export { Buffer } from "node:buffer";

export const setImmediate = (work: (...given: unknown[]) => void, ...given: unknown[]) =>
  setTimeout(work, 0, ...given);
export const clearImmediate = clearTimeout;

const listeners = () => 0;
const ignored = () => {};

/** No terminal, no environment, no signals. */
export const process = {
  env: {} as Record<string, string | undefined>,
  argv: [],
  platform: "browser",
  arch: "wasm",
  version: "",
  versions: {},
  pid: 1,
  cwd: () => "/",
  on: ignored,
  off: ignored,
  emitWarning: ignored,
  listenerCount: listeners,
  nextTick: (work: (...given: unknown[]) => void, ...given: unknown[]) =>
    queueMicrotask(() => work(...given)),
  stderr: { isTTY: false, write: ignored },
  stdout: { isTTY: false, write: ignored },
};
