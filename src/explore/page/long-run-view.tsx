import { useEffect, useMemo } from "preact/hooks";
import type { Running } from "../explorer";
import { LongRun } from "./long-run";
import type { Session } from "./session";

/** A long run of a view: of one place (a prompt's token, a head), and over when that is another. */
export function useLongRun<Part>(session: Session, of: string): LongRun<Part> {
  const run = useMemo(() => new LongRun<Part>(session), [session]);
  useEffect(() => run.only(of), [run, of]);
  useEffect(() => () => run.stop(), [run]);
  return run;
}

interface RunButtonProps {
  readonly label: string;
  readonly run: LongRun<unknown>;
  readonly onStart: () => void;
}

/** Starts it, or stops it. */
export function RunButton({ label, run, onStart }: RunButtonProps) {
  const { isRunning } = run.state.value;
  return (
    <button type="button" onClick={() => (isRunning ? run.stop() : onStart())}>
      {isRunning ? "Stop" : label}
    </button>
  );
}

/** How far it is: beside the button, so that nothing moves when it ends. */
export function RunProgress({
  done,
  total,
  what,
}: {
  readonly done: number;
  readonly total: number | null;
  readonly what: string;
}) {
  return (
    <span class="progress">
      {total === null ? (
        <progress aria-label={what} />
      ) : (
        <progress aria-label={what} value={done} max={total} />
      )}
      <span>
        {done.toLocaleString("en-US")}
        {total === null ? "" : ` of ${total.toLocaleString("en-US")}`} {what}
      </span>
    </span>
  );
}

/** The same of a run that ends with one result, while it runs. */
export function ResultProgress({ run }: { readonly run: LongRun<Running<unknown>> }) {
  const { isRunning, latest } = run.state.value;
  return isRunning && latest && "done" in latest ? <RunProgress {...latest} /> : null;
}

/** What came out of a run that ends with one result; null while there is none. */
export function resultOf<Result>(part: Running<Result> | null): Result | null {
  return part && "result" in part ? part.result : null;
}

export function RunProblem({ run }: { readonly run: LongRun<unknown> }) {
  const { problem } = run.state.value;
  return problem ? (
    <p class="problem" role="alert">
      {problem}
    </p>
  ) : null;
}
