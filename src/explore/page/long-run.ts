import { type Signal, signal } from "@preact/signals";
import type { Session } from "./session";

/** What is known of something that takes a while. */
export interface RunState<Part> {
  readonly isRunning: boolean;
  readonly latest: Part | null;
  readonly problem: string | null;
  /** What it is of; another place, and it is over. */
  readonly of: string;
}

/** Something that takes a while and is told in parts: started, stopped, and forgotten when it is of another place. */
export class LongRun<Part> {
  readonly state: Signal<RunState<Part>>;
  private stopping: AbortController | null = null;

  constructor(private readonly session: Session) {
    this.state = signal({ isRunning: false, latest: null, problem: null, of: "" });
  }

  /** Stops what runs, and starts. */
  async start(of: string, ask: (signal: AbortSignal) => AsyncIterable<Part>): Promise<void> {
    this.stop();
    const stopping = new AbortController();
    this.stopping = stopping;
    const isMine = () => this.stopping === stopping;
    this.state.value = { isRunning: true, latest: null, problem: null, of };
    try {
      for await (const latest of ask(stopping.signal)) {
        if (!isMine()) return;
        this.state.value = { ...this.state.value, latest };
      }
    } catch (error) {
      if (!isMine() || stopping.signal.aborted) return;
      this.state.value = { ...this.state.value, problem: (error as Error).message };
      this.session.isAway(error);
    } finally {
      if (isMine()) this.state.value = { ...this.state.value, isRunning: false };
    }
  }

  stop(): void {
    this.stopping?.abort();
    this.stopping = null;
    if (this.state.value.isRunning) this.state.value = { ...this.state.value, isRunning: false };
  }

  /** Stops and forgets what is of something else. */
  only(of: string): void {
    if (this.state.value.of === of || this.state.value.of === "") return;
    this.stop();
    this.state.value = { isRunning: false, latest: null, problem: null, of: "" };
  }
}
