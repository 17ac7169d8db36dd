import type { AsyncLocalStorage } from "node:async_hooks";
import { InterruptedError } from "../errors";
import { isInKernel } from "./kernel-display";
import { nextTurn } from "./next-turn";

/** Longest time without a turn of the event loop. */
const BREATH_MS = 100;

/** What asks a program to end: Ctrl-C, `kill`, and a terminal that is closed. */
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal that an interrupt aborts; `release` it when the work is over. */
export interface Interrupt {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Listens for what asks the program to end (Ctrl-C, `kill`, the closing of the terminal), or for the
 * stop button of a notebook; the process does not end by it while this listens. Work that asks
 * `signal.aborted` between its steps can then end in good order.
 */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const { signal } = controller;
  if (!isInKernel()) {
    for (const name of ENDING_SIGNALS) process.on(name, abort);
    return {
      signal,
      release() {
        for (const name of ENDING_SIGNALS) process.off(name, abort);
      },
    };
  }
  // The other signals are to end the kernel.
  const listen = () => process.on("SIGINT", abort);
  // In the synchronous part of a cell Node's vm has SIGINT for itself, and has put the kernel's listener
  // aside; one that came then would leave SIGINT to end the process afterwards.
  const isAside = process.listenerCount("SIGINT") === 0;
  const later = isAside ? setImmediate(listen) : undefined;
  if (!isAside) listen();
  return {
    signal,
    release() {
      clearImmediate(later);
      process.off("SIGINT", abort);
    },
  };
}

/** What stops the work that runs now; null if somebody outside of it sees to that. */
const stopping = workStore();

/** A browser has no such store, and nothing there interrupts. */
function workStore(): AsyncLocalStorage<AbortSignal | null> | null {
  const hooks = globalThis.process?.getBuiltinModule?.("node:async_hooks");
  return hooks ? new hooks.AsyncLocalStorage() : null;
}

/**
 * Runs long work so that a notebook's stop button ends it, where it {@link breathe}s, by an
 * InterruptedError. (The kernel itself only stops waiting for it.) In any other program an interrupt
 * does what the program wants.
 *
 * @param signal if given, whoever gave it stops the work, and an interrupt does not
 */
export async function interruptible<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!stopping) return work();
  if (signal) return stopping.run(null, work);
  if (stopping.getStore() !== undefined || !isInKernel()) return work();
  const interrupt = listenForInterrupt();
  try {
    return await stopping.run(interrupt.signal, work);
  } finally {
    interrupt.release();
  }
}

/**
 * Runs long work that `signal` ends, where it {@link breathe}s, by an InterruptedError: of a program that
 * does several things at once, where an interrupt is for all of them.
 */
export async function stoppable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return stopping ? stopping.run(signal, work) : work();
}

let lastTurn = performance.now();

/**
 * Gives the event loop a turn if it had none for a tenth of a second, so that bars are drawn, the
 * notebook's messages are sent and an interrupt is heard. Long work awaits it in every turn of a loop.
 *
 * @throws InterruptedError if the work was interrupted.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - lastTurn >= BREATH_MS) {
    await nextTurn();
    lastTurn = performance.now();
  }
  throwIfInterrupted();
}

/** The same where the event loop has its turns anyway. */
export function throwIfInterrupted(): void {
  if (stopping?.getStore()?.aborted) throw new InterruptedError("interrupted before it was done");
}
