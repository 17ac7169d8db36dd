import { once } from "node:events";
import type { Output } from "./output";

/** The process's stdout and stderr. A reader that goes away (`tslens … | head`) ends the process quietly. */
export function standardOutput(): Output {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    async print(text) {
      if (!process.stdout.write(text)) await once(process.stdout, "drain");
    },
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}
