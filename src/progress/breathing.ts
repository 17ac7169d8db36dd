import { setImmediate as nextTurn } from "node:timers/promises";

/** Longest time without a turn of the event loop. */
const BREATH_MS = 100;

/** A function that gives the event loop a turn when it had none for a tenth of a second. */
export function breathing(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_MS) return;
    await nextTurn();
    last = performance.now();
  };
}
