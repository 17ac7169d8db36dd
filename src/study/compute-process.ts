import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ComputeMessage, ComputeRequest } from "./compute-messages";

/** What only the process that talks to the database needs. */
const SECRETS = ["PGPASSWORD", "PGPASSFILE", "TSLENS_DATABASE"];

/** Of what the process wrote before it ended, so much is told. */
const LAST_WORDS = 500;

/** How a request ended. */
export type ComputeEnd =
  | { readonly how: "finished" }
  /** Nothing more can be computed or written. */
  | { readonly how: "unable"; readonly reason: string }
  /** The process is gone; another one has to be started. */
  | { readonly how: "killed"; readonly reason: string };

/** A process that computes, as the worker that started it sees it. */
export class ComputeProcess {
  private readonly child: ChildProcess;
  private lastWords = "";

  /** @param roots the folders that it may open, and nothing outside of them */
  constructor(roots: readonly string[]) {
    const environment = Object.entries(process.env).filter(([name]) => !SECRETS.includes(name));
    this.child = fork(require.resolve("./compute-child"), [...roots], {
      env: Object.fromEntries(environment),
      // Ctrl-C is for the worker to answer; in the midst of the engine's work a signal may do harm.
      detached: process.platform !== "win32",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-LAST_WORDS);
    });
    // Of a message to a process that has just ended.
    this.child.on("error", () => {});
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.connected;
  }

  /** Sends jobs and passes on what is said of them. */
  run(request: ComputeRequest, onMessage: (message: ComputeMessage) => void): Promise<ComputeEnd> {
    const { child } = this;
    return new Promise((resolve) => {
      const end = (how: ComputeEnd) => {
        child.off("message", heard);
        child.off("close", closed);
        resolve(how);
      };
      let unable: string | null = null;
      const heard = (message: ComputeMessage) => {
        if (message.kind === "finished") {
          end(unable === null ? { how: "finished" } : { how: "unable", reason: unable });
        } else {
          if (message.kind === "unable" || message.kind === "unwritable") unable = message.reason;
          onMessage(message);
        }
      };
      const closed = () =>
        end(
          unable === null
            ? { how: "killed", reason: this.howItEnded() }
            : { how: "unable", reason: unable },
        );
      child.on("message", heard);
      child.on("close", closed);
      if (this.isAlive) child.send(request, () => {});
      else if (child.exitCode !== null || child.signalCode !== null) closed();
    });
  }

  /** Ends it, at once. What it was writing is whole or not there. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const kill = setTimeout(() => this.child.kill("SIGKILL"), LONGEST_END_MS);
    await ended;
    clearTimeout(kill);
  }

  private howItEnded(): string {
    const { exitCode, signalCode } = this.child;
    const how = signalCode === null ? `ended with code ${exitCode}` : `was killed by ${signalCode}`;
    const lines = this.lastWords.trim().split("\n");
    const words = (lines.find((line) => /Error|rror:/.test(line)) ?? lines.at(-1))?.trim();
    return `the process that computed it ${how}${words && signalCode === null ? ` (${words})` : ""}`;
  }
}

/** A process that does not end by itself for so long is killed. */
const LONGEST_END_MS = 2_000;
