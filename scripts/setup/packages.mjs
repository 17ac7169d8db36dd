import { existsSync, readFileSync, realpathSync } from "node:fs";
import { inProject } from "../project.mjs";
import { isUnreachable, lastLines, runLogged } from "./command.mjs";
import { SetupProblem } from "./steps.mjs";

const LEAST_NODE = [20, 19];

/** @throws {SetupProblem} if this Node is too old */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new SetupProblem(
    `Node ${process.versions.node} is too old: tslens needs Node ${LEAST_NODE.join(".")} or later ` +
      "(20, 22, 24 and 26 are tried). Install one, for example with `nvm install 24` or from " +
      "nodejs.org, and run the command again.",
  );
}

/**
 * Whether node_modules holds what package-lock.json asks for, version by version, with its links into
 * this folder: that of a copy may lead to the original.
 */
export function packagesAreInstalled() {
  const installed = lockedPackages(inProject("node_modules", ".package-lock.json"));
  return Object.entries(lockedPackages(inProject("package-lock.json"))).every(([path, wanted]) => {
    if (path === "" || (wanted.optional && !installed[path])) return true;
    if (!existsSync(inProject(path, "package.json"))) return false;
    if (wanted.link) return realpathSync(inProject(path)) === inProject(wanted.resolved ?? "");
    return installed[path]?.version === wanted.version;
  });
}

/**
 * @param {string} file a lock file: the project's, or the one npm keeps of what it installed
 * @returns {Record<string, { version?: string, optional?: boolean, link?: boolean, resolved?: string }>}
 */
function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
}

/**
 * Installs the packages of package-lock.json, without their install scripts: one of them downloads
 * from a host that may be out of reach, and would take the whole installation down with it.
 * @returns {Promise<string>}
 */
export async function installPackages() {
  const { command, args } = npm();
  const { succeeded, output, log } = await runLogged("packages", command, [
    ...args,
    ...["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"],
    ...["--prefer-offline", "--fetch-retries=1"],
  ]);
  if (succeeded) return "installed from package-lock.json";

  if (isUnreachable(output)) {
    throw new SetupProblem(
      "npm cannot reach its package registry. Connect to the network (behind a proxy: " +
        "`npm config set https-proxy http://HOST:PORT`), and run the command again.",
    );
  }
  if (output.includes("ENOENT") && output.includes(`spawn ${command}`)) {
    throw new SetupProblem(
      "npm was not found. It comes with Node: install Node from nodejs.org or with " +
        "`nvm install 24` (Debian and Ubuntu: `apt install npm`), and run the command again.",
    );
  }
  throw new SetupProblem(
    `npm could not install the packages:\n${lastLines(output)}\n  All of it: ${log}`,
  );
}

/** npm itself: the one that started this script, so that both use the same Node. */
function npm() {
  const running = process.env.npm_execpath;
  if (running?.endsWith(".js")) return { command: process.execPath, args: [running] };
  return { command: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };
}
