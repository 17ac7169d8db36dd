// `npm run lab [-- --no-browser …]`: JupyterLab on notebooks/, with the tslab kernel ready.
import { spawn } from "node:child_process";
import { inProject } from "./project.mjs";
import { jupyterEnvironment } from "./setup/kernel.mjs";
import { environmentPython } from "./setup/python.mjs";
import { setUp } from "./setup.mjs";

await setUp();
const lab = spawn(environmentPython, ["-m", "jupyterlab", ...process.argv.slice(2)], {
  cwd: inProject("notebooks"),
  stdio: "inherit",
  env: jupyterEnvironment(),
});
// Ctrl-C reaches both; JupyterLab asks back, and this process must live until it is answered.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => lab.kill("SIGTERM"));
lab.on("close", (code) => {
  process.exitCode = code ?? 1;
});
