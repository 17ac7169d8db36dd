import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inProject, inSetup, quietTensorFlow } from "../project.mjs";

/** Keeps everything that Jupyter reads and writes inside the project. */
export function jupyterEnvironment() {
  const { PYTHONHOME: _home, PYTHONPATH: _path, ...environment } = process.env;
  return {
    ...environment,
    ...quietTensorFlow,
    JUPYTER_DATA_DIR: inSetup("jupyter"),
    JUPYTER_PATH: inSetup("jupyter"),
    JUPYTER_CONFIG_DIR: inSetup("jupyter", "config"),
    JUPYTER_RUNTIME_DIR: inSetup("jupyter", "runtime"),
    IPYTHONDIR: inSetup("jupyter", "ipython"),
    PYTHONNOUSERSITE: "1",
  };
}

/** Registers the tslab kernel with the Node that runs now, whatever PATH says later. */
export function registerKernel() {
  write(inSetup("jupyter", "kernels", "tslab", "kernel.json"), {
    argv: [
      process.execPath,
      // Jupyter may be killed.
      ...["--require", inProject("scripts", "end-with-parent.cjs")],
      inProject("node_modules", "tslab", "bin", "tslab"),
      ...["kernel", "--config-path", "{connection_file}"],
    ],
    display_name: "TypeScript",
    language: "typescript",
    env: quietTensorFlow,
  });
  // JupyterLab brings a Python kernel along, which has no part in these notebooks.
  write(inSetup("jupyter", "config", "jupyter_server_config.json"), {
    KernelSpecManager: { ensure_native_kernel: false, allowed_kernelspecs: ["tslab"] },
    MappingKernelManager: { default_kernel_name: "tslab" },
  });
}

/**
 * @param {string} file
 * @param {unknown} content
 */
function write(file, content) {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
