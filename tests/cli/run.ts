import { spawn } from "node:child_process";
import { join } from "node:path";
import { runCli } from "../../src/cli/run-cli";

/** What a command left behind. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process. */
export async function run(...args: string[]): Promise<Run> {
  let stdout = "";
  let stderr = "";
  const code = await runCli(args, {
    async print(text) {
      stdout += text;
    },
    note(line) {
      stderr += `${line}\n`;
    },
  });
  return { code, stdout, stderr };
}

/** Runs a command in this process and reads its JSON; throws if it failed. */
export async function runJson(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, "--json");
  if (code !== 0 || stderr !== "") throw new Error(stderr || `exit code ${code}`);
  return JSON.parse(stdout);
}

export const MAIN = join(__dirname, "..", "..", "src", "cli", "main.ts");

/** Runs a command as a program of its own. */
export function spawnCli(args: readonly string[], { cwd }: { cwd?: string } = {}): Promise<Run> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ["--import", require.resolve("tsx"), MAIN, ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("error", failed);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}
