import { constants } from "node:os";

/** Runs native work to its end before any signal reaches this thread; threads that it starts get none. */
export type HoldingSignals = <T>(work: () => T) => T;

/** `how` of pthread_sigmask(3), from the systems' headers. */
const HOW: Partial<Record<NodeJS.Platform, { readonly block: number; readonly set: number }>> = {
  linux: { block: 0, set: 2 },
  darwin: { block: 1, set: 3 },
};

/** Room for a `sigset_t`: 128 bytes with glibc and musl, 4 on macOS. */
const SET_BYTES = 128;

/** What a thread does to itself cannot wait. */
const OWN_FAULTS = [
  "SIGSEGV",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGTRAP",
  "SIGSYS",
  "SIGABRT",
] as const;

/**
 * Whether a signal may corrupt this process while native TensorFlow multiplies matrices.
 *
 * oneDNN's float32 kernels for x86-64, as they are in TensorFlow up to 2.21 at least, point the stack
 * pointer into the heap while they run (oneDNN issue 4845, mended in oneDNN 3.11.2 and 3.12). The
 * system writes a signal's frame below the stack pointer, that is over whatever lies there: a resized
 * terminal, an ended child or a profiler's timer is enough.
 */
export const signalsCorrupt = process.arch === "x64" && process.platform !== "win32";

/**
 * Gives the means to hold signals back. Another thread of the process, or this one a little later,
 * takes them, so that listeners hear them as ever.
 *
 * @throws Error if this system's C library cannot be called
 */
export function holdingSignals(): HoldingSignals {
  const how = HOW[process.platform];
  if (!how) throw new Error(`signals are not known on ${process.platform}`);
  const koffi = require("koffi") as typeof import("koffi");
  const pthreadSigmask = koffi
    .load(null)
    .func("int pthread_sigmask(int how, const void *set, void *before)");
  const held = Buffer.alloc(SET_BYTES, 0xff);
  for (const name of OWN_FAULTS) {
    const bit = constants.signals[name] - 1;
    held[bit >> 3] &= ~(1 << (bit & 7));
  }
  const before = Buffer.alloc(SET_BYTES);
  return (work) => {
    pthreadSigmask(how.block, held, before);
    try {
      return work();
    } finally {
      pthreadSigmask(how.set, before, null);
    }
  };
}
