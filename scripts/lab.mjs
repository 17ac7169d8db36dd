// `npm run lab [-- --no-browser …]`: JupyterLab on notebooks/, with the tslab kernel ready.
import { spawn } from "node:child_process";
import { inProject } from "./project.mjs";
import { jupyterEnvironment } from "./setup/kernel.mjs";
import { environmentPython } from "./setup/python.mjs";
import { setUp } from "./setup.mjs";

await setUp();
// JupyterLab refuses to start as root, which is all there is in many containers.
const asRoot = process.getuid?.() === 0 ? ["--allow-root"] : [];
const args = [inProject("scripts", "lab.py"), ...asRoot, ...process.argv.slice(2)];
const lab = spawn(environmentPython, args, {
  cwd: inProject("notebooks"),
  stdio: "inherit",
  env: jupyterEnvironment(),
});
// Ctrl-C reaches both; JupyterLab asks back, and this process must live until it is answered.
process.on("SIGINT", () => {});
for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) {
  process.on(signal, () => lab.kill("SIGTERM"));
}
lab.on("close", (code) => {
  process.exitCode = code ?? 1;
});
