import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "../cli/run";

const TSLENS = join(__dirname, "..", "..", "bin", "tslens.js");

/** A `tslens study` or `tslens worker` that runs beside a test. */
export class StudyProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Run & { readonly signal: NodeJS.Signals | null }>;
  private readonly said = { stdout: "", stderr: "" };

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    // Compiled, as set-up leaves it: dozens are started.
    this.child = spawn(process.execPath, [TSLENS, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    for (const name of ["stdout", "stderr"] as const) {
      this.child[name]!.setEncoding("utf8").on("data", (text: string) => {
        this.said[name] += text;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code, signal) => resolve({ code, signal, ...this.said }));
    });
  }

  get stderr(): string {
    return this.said.stderr;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** kill −9, and its end. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** The processes that compute for it. */
  get computing(): number[] {
    return childrenOf(this.child.pid!);
  }
}

/** Process ids by Linux's own list. */
export function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** How many heads of a study are done. */
export function doneHeads(out: string): number {
  if (!existsSync(out)) return 0;
  return readdirSync(out).filter((name) => /^audit_.*\.json$/.test(name)).length;
}

/** Waits until something holds; a test whose condition never does fails here. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 120,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
    await sleep(30);
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
