import { existsSync, rmSync } from "node:fs";
import { inProject, inSetup } from "../project.mjs";
import { runLogged } from "../setup/command.mjs";
import { findPython } from "../setup/python.mjs";
import { hashOf, stamp, stampOf } from "../setup/stamp.mjs";

const requirements = inProject("scripts", "test", "reference-requirements.txt");
const environment = inSetup("reference");
const python = inSetup("reference", "bin", "python");

/**
 * A Python with the packages that the library's numbers are compared with (PyTorch, SciPy, pandas …),
 * installed where their wheels can be had; null where not: those tests are skipped then.
 * @returns {Promise<string | null>}
 */
export async function referencePython() {
  const wanted = hashOf([requirements]);
  const known = stampOf("reference");
  if (known === wanted && existsSync(python)) return python;
  rmSync(environment, { recursive: true, force: true });
  const { command, args } = findPython();
  const steps = [
    { command, args: [...args, "-m", "venv", environment] },
    {
      command: python,
      args: [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--retries",
        "0",
        "--disable-pip-version-check",
      ].concat([
        "--no-cache-dir",
        "--no-input",
        "--only-binary",
        ":all:",
        "--requirement",
        requirements,
      ]),
    },
  ];
  for (const step of steps) {
    const { succeeded } = await runLogged("reference", step.command, step.args);
    if (succeeded) continue;
    rmSync(environment, { recursive: true, force: true });
    return null;
  }
  stamp("reference", wanted);
  return python;
}
