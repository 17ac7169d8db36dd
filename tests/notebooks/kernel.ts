import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const PROJECT = join(__dirname, "..", "..");

/** A fresh folder inside the project, so that notebooks in it find the tslens package. */
export function folderInProject(): string {
  const parent = join(PROJECT, ".tslens", "test-notebooks");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "run-"));
}

/** Runs both notebooks (or those named) on the real kernel, as `npm start` does. */
export function runNotebooks(args: readonly string[]): { status: number | null; output: string } {
  const script = join(PROJECT, "scripts", "run-notebooks.mjs");
  const { INIT_CWD: _npm, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: PROJECT,
    encoding: "utf8",
    env,
  });
  return { status, output: stdout + stderr };
}

/** What a cell printed. */
export interface CellOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs cells in one real kernel, going on after errors. */
export async function runCells(cells: readonly string[], folder: string): Promise<CellOutput[]> {
  const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
  const { environmentPython } = await import("../../scripts/setup/python.mjs");
  const { stdout, stderr, status } = spawnSync(
    environmentPython,
    [join(__dirname, "run_cells.py"), folder],
    { cwd: PROJECT, encoding: "utf8", input: JSON.stringify(cells), env: jupyterEnvironment() },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Executes a notebook of these cells on the real kernel; its copy and its page go to `folder`. */
export async function executeCells(
  cells: readonly string[],
  folder: string,
  name: string,
): Promise<void> {
  const { jupyterEnvironment } = await import("../../scripts/setup/kernel.mjs");
  const { environmentPython } = await import("../../scripts/setup/python.mjs");
  const source = join(folderInProject(), `${name}.ipynb`);
  writeFileSync(source, JSON.stringify(notebookOf(cells)));
  const script = join(PROJECT, "scripts", "execute_notebook.py");
  const { status, stdout, stderr } = spawnSync(environmentPython, [script, source, folder], {
    cwd: PROJECT,
    encoding: "utf8",
    env: jupyterEnvironment(),
  });
  rmSync(dirname(source), { recursive: true });
  if (status !== 0) throw new Error(stdout + stderr);
}

/** The parts of a notebook file that tests look at. */
export interface NotebookFile {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cells: readonly {
    readonly cell_type: string;
    readonly execution_count: number | null;
    readonly source: readonly string[] | string;
    readonly outputs: readonly {
      readonly output_type: string;
      readonly name?: string;
      readonly data?: Readonly<Record<string, unknown>>;
    }[];
  }[];
}

export function readNotebook(file: string): NotebookFile {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** A notebook of code cells, not executed, as its file holds it. */
export function notebookOf(sources: readonly string[]) {
  return {
    cells: sources.map((source, index) => ({
      cell_type: "code",
      id: `cell-${index}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      source,
    })),
    metadata: {
      kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
