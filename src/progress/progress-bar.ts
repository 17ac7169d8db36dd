import { isInKernel } from "./kernel-display";
import { notebookBar } from "./notebook-bar";
import { type Progress, silentProgress } from "./progress";
import { terminalBar } from "./terminal-bar";

export interface ProgressBarOptions {
  /** What is being done, e.g. `Patching`. */
  readonly label: string;
  /** How many units there are to do. */
  readonly total: number;
}

/**
 * A progress bar where somebody can see it: in a notebook one output that updates in place, in a
 * terminal a line on stderr, anywhere else (a pipe, a log, a test) nothing.
 *
 * @example
 * const bar = progressBar({ label: "Patching", total: prompts.length });
 * try {
 *   for (const [index, prompt] of prompts.entries()) {
 *     run(prompt);
 *     bar.update(index + 1);
 *     await bar.breathe();
 *   }
 * } finally {
 *   bar.done();
 * }
 */
export function progressBar({ label, total }: ProgressBarOptions): Progress {
  if (isInKernel()) return notebookBar(label, total);
  if (process.stderr.isTTY) return terminalBar(label, total);
  return silentProgress;
}
