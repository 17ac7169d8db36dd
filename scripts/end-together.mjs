const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Makes this process and a child end together: what asks this one to end (Ctrl-C, `kill`, a closed
 * terminal) ends the child first.
 * @param {import("node:child_process").ChildProcess} child
 */
export function endTogether(child) {
  /** @type {NodeJS.Signals | undefined} */
  let asked;
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    asked = signal;
    child.kill("SIGTERM");
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  child.once("close", () => {
    for (const signal of SIGNALS) process.off(signal, pass);
    if (asked) process.kill(process.pid, asked);
  });
}
