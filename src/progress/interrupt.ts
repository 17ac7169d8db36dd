/** A signal that an interrupt aborts; `release` it when the work is over. */
export interface Interrupt {
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Listens for Ctrl-C, or the stop button of a notebook, which ends the process no more while it
 * listens. Work that asks `signal.aborted` between its steps can then end in good order.
 */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.on("SIGINT", abort);
  return { signal: controller.signal, release: () => process.off("SIGINT", abort) };
}
