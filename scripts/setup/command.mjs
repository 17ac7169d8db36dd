import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { endTogether } from "../end-together.mjs";
import { inSetup, projectRoot } from "../project.mjs";

/**
 * @typedef {object} Finished
 * @property {boolean} succeeded
 * @property {string} output what it wrote to both of its streams
 * @property {string} log the file that holds the same
 */

/**
 * Runs a command to its end and keeps what it writes in `.tslens/logs/NAME.log`.
 * @param {string} name of the log
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, minutes?: number }} [options]
 * @returns {Promise<Finished>}
 */
export function runLogged(name, command, args, { cwd = projectRoot, env, minutes = 30 } = {}) {
  const log = inSetup("logs", `${name}.log`);
  return new Promise((resolve) => {
    let output = `$ ${command} ${args.join(" ")}\n`;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: minutes * 60_000,
      // npm and its like are batch files there, which only a shell can start.
      shell: process.platform === "win32" && command.endsWith(".cmd"),
    });
    endTogether(child);
    /** @param {boolean} succeeded */
    const finish = (succeeded) => {
      mkdirSync(dirname(log), { recursive: true });
      writeFileSync(log, output);
      resolve({ succeeded, output, log: relative(projectRoot, log) });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => {
      output += `${error.message}\n`;
      finish(false);
    });
    child.on("close", (code) => finish(code === 0));
  });
}

/**
 * What a short command prints, or null if it cannot be run or fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {string | null}
 */
export function answerOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: 30_000 });
  return status === 0 ? stdout.trim() : null;
}

/**
 * The last lines of a log that say something (its first is the command), for a message.
 * @param {string} output
 */
export function lastLines(output, count = 6) {
  const [, ...lines] = output.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(-count)
    .map((line) => `    ${line}`)
    .join("\n");
}

/**
 * Whether npm or pip failed because nothing answered.
 * @param {string} output
 */
export function isUnreachable(output) {
  return /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|NewConnectionError|ConnectTimeoutError|ProxyError/.test(
    output,
  );
}
