import { once } from "node:events";
import { isatty } from "node:tty";
import type { Output } from "./output";

/**
 * The process's stdout and stderr. A reader that goes away (`tslens … | head`) or a terminal that is closed
 * ends the process quietly, but not while a result is still to be written.
 */
export function standardOutput(): Output {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "EIO") process.exit(0);
    throw error;
  });
  process.stderr.on("error", () => {});
  const terminals = [0, 1, 2].filter(isatty);
  process.on("exit", () => {
    if (terminals.every(isatty)) return;
    // Node would abort in its last steps: it cannot restore a terminal that is gone.
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  });
  return {
    async print(text) {
      if (!process.stdout.write(text)) await once(process.stdout, "drain");
    },
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}
