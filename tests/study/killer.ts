import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * An environment in which a process that computes is killed as it opens the weights of one head, as if
 * they did it; or the worker that started it.
 */
export function killerOf(
  folder: string,
  head: string,
  whom: "computing" | "worker" = "computing",
): NodeJS.ProcessEnv {
  const file = join(folder, `killer-${whom}.cjs`);
  const pid = whom === "computing" ? "process.pid" : "process.ppid";
  writeFileSync(
    file,
    `const fs = require("node:fs");
const { openSync } = fs;
fs.openSync = (path, ...more) => {
  const text = String(path);
  if (process.send && text.includes(${JSON.stringify(head)}) && text.endsWith("head.safetensors")) {
    process.kill(${pid}, "SIGKILL");
  }
  return openSync(path, ...more);
};
`,
  );
  return { NODE_OPTIONS: `--require ${file}` };
}
