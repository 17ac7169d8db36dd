import { spawn } from "node:child_process";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { InputError, InterruptedError, TslensError } from "../errors";
import { loadHead } from "../heads/load-head";
import { listenForInterrupt } from "../progress/interrupt";
import { COMPARES_HEADS, notebookNames, projectFolder } from "./notebook-names";
import type { Output } from "./output";

interface NotebookOptions {
  readonly modelDir: string;
  readonly base?: string;
  readonly out?: string;
}

/** `tslens notebook NAME` */
export function notebookCommand(command: Command, _output: Output): void {
  command
    .requiredOption("--model-dir <dir>", "a training run's directory, or the folder with head.pt")
    .option("--base <base>", "the base model, instead of the head's base_model_name")
    .option("--out <dir>", "where the executed copy, results and figures go (default: results)")
    .action(notebook);
}

async function notebook(name: string, { modelDir, base, out }: NotebookOptions): Promise<void> {
  const notebook = basename(name, ".ipynb");
  if (notebook === COMPARES_HEADS) {
    throw new InputError("this notebook compares many heads and takes no --model-dir", {
      found: `"${name}"`,
      expected: notebookNames().join(" or "),
      remedy: `\`tslens study ${modelDir}\` compares the heads under a folder; \`npm start -- ${COMPARES_HEADS}\` runs the notebook.`,
    });
  }
  if (!notebookNames().includes(notebook)) {
    throw new InputError("there is no such notebook", {
      found: `"${name}"`,
      expected: notebookNames().join(" or "),
    });
  }
  // Seconds before a kernel would say the same at the end of many lines.
  await loadHead(modelDir);
  const args = [notebook, "--model-dir", resolve(modelDir)];
  if (base) args.push("--base", base);
  if (out) args.push("--out", resolve(out));
  const { code, errors, isInterrupted } = await runScript("run-notebooks.mjs", args);
  if (code === 0) return;
  if (isInterrupted) throw new InterruptedError("the notebook was interrupted");
  throw new TslensError("the notebook did not run to its end", {
    file: `${notebook}.ipynb`,
    found: errors.trim().split("\n").pop() || undefined,
    remedy: errors ? "Run `npm run setup` in the tslens folder." : "The cell is shown above.",
  });
}

interface ScriptEnd {
  readonly code: number | null;
  readonly errors: string;
  readonly isInterrupted: boolean;
}

/**
 * Runs one of the project's scripts; what it says on stdout is shown, what on stderr is returned. It
 * ends before this process does, also by an interrupt, and at once if this process is killed.
 */
function runScript(name: string, args: readonly string[]): Promise<ScriptEnd> {
  const scripts = join(projectFolder, "scripts");
  const interrupt = listenForInterrupt();
  return new Promise<ScriptEnd>((done, failed) => {
    const child = spawn(
      process.execPath,
      ["--require", join(scripts, "end-with-parent.cjs"), join(scripts, name), ...args],
      {
        stdio: ["ignore", "inherit", "pipe"],
        // Scripts take relative paths from where npm was called.
        env: { ...process.env, INIT_CWD: process.cwd(), JPY_PARENT_PID: String(process.pid) },
      },
    );
    interrupt.signal.addEventListener("abort", () => child.kill("SIGTERM"));
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.on("error", failed);
    child.on("close", (code) => {
      done({ code, errors, isInterrupted: interrupt.signal.aborted });
    });
  }).finally(() => interrupt.release());
}
