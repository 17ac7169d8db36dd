import { existsSync, rmSync } from "node:fs";
import { inProject, inSetup } from "../project.mjs";
import { answerOf, isUnreachable, lastLines, runLogged } from "./command.mjs";
import { hashOf, stamp, stampOf } from "./stamp.mjs";
import { SetupProblem } from "./steps.mjs";
import { installCommand } from "./system-packages.mjs";

const LEAST_MINOR = 10;
const requirements = inProject("scripts", "requirements.txt");
const environment = inSetup("venv");

/** The Python of the project's own virtual environment. */
export const environmentPython =
  process.platform === "win32"
    ? inSetup("venv", "Scripts", "python.exe")
    : inSetup("venv", "bin", "python");

export function pythonIsReady() {
  return (
    existsSync(environmentPython) && stampOf("python")?.requirements === hashOf([requirements])
  );
}

/**
 * Finds a Python that can make virtual environments.
 * @returns {{ command: string, args: string[], version: string }}
 * @throws {SetupProblem} if there is none
 */
export function findPython() {
  // The newest first among those named by version: `python3` may be the system's old one.
  const named = [14, 13, 12, 11, 10].map((minor) => `python3.${minor}`);
  const candidates = ["python3", "python", ...named].map((command) => ({
    command,
    args: /** @type {string[]} */ ([]),
  }));
  if (process.platform === "win32") candidates.push({ command: "py", args: ["-3"] });

  const tooOld = [];
  const withoutVenv = [];
  for (const { command, args } of candidates) {
    const version = answerOf(command, [
      ...args,
      "-c",
      "import platform; print(platform.python_version())",
    ]);
    if (!version) continue;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major !== 3 || minor < LEAST_MINOR) tooOld.push(`${command} is ${version}`);
    else if (answerOf(command, [...args, "-c", "import venv, ensurepip"]) === null)
      withoutVenv.push(version);
    else return { command, args, version };
  }

  if (withoutVenv.length > 0) {
    throw new SetupProblem(
      `Python ${withoutVenv[0]} is there, but its venv module is not, which makes the virtual ` +
        `environment for Jupyter. Type \`${installCommand("venv")}\`, and run the command again.`,
    );
  }
  throw new SetupProblem(
    tooOld.length > 0
      ? `Python is too old (${tooOld.join(", ")}): Jupyter needs Python 3.${LEAST_MINOR} or later. ` +
          `Type \`${installCommand("python")}\`, and run the command again.`
      : `Python was not found: Jupyter needs Python 3.${LEAST_MINOR} or later. ` +
          `Type \`${installCommand("python")}\`, and run the command again.`,
  );
}

/**
 * Makes the virtual environment and installs Jupyter in it.
 * @returns {Promise<string>}
 */
export async function installPython() {
  const { command, args, version } = findPython();
  stamp("python", null);
  rmSync(environment, { recursive: true, force: true });
  const made = await runLogged("venv", command, [...args, "-m", "venv", environment]);
  if (!made.succeeded) {
    throw new SetupProblem(
      `Python ${version} could not make a virtual environment:\n${lastLines(made.output)}\n` +
        `  If its venv module is incomplete, type \`${installCommand("venv")}\`, and run the command again.`,
    );
  }
  const installed = await pip("jupyter", ["install", "--requirement", requirements]);
  if (!installed.succeeded) {
    throw new SetupProblem(
      isUnreachable(installed.output)
        ? "pip cannot reach its package index. Connect to the network (behind a proxy: " +
            "`pip config set global.proxy http://HOST:PORT`), and run the command again."
        : `pip could not install Jupyter:\n${lastLines(installed.output)}\n  All of it: ${installed.log}`,
    );
  }
  stamp("python", { version, requirements: hashOf([requirements]) });
  return `JupyterLab and nbclient on Python ${version}`;
}

/**
 * Runs the environment's pip, first without waiting for an index that does not answer, since another
 * one may have what is asked for, then with pip's own patience.
 * @param {string} name of the log
 * @param {readonly string[]} args
 */
export async function pip(name, args) {
  const impatient = await impatientPip(name, args);
  return impatient.succeeded ? impatient : runPip(name, args);
}

/**
 * @param {string} name of the log
 * @param {readonly string[]} args
 */
export function impatientPip(name, args) {
  return runPip(name, [...args, "--retries", "0"]);
}

/**
 * @param {string} name of the log
 * @param {readonly string[]} args
 */
function runPip(name, args) {
  const always = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-input"];
  return runLogged(name, environmentPython, ["-m", "pip", ...args, ...always]);
}
