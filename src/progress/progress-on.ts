import { lastLine } from "./bar-line";
import { breathe } from "./interrupt";
import type { Progress } from "./progress";

/** What a bar needs of the place where it is shown. */
export interface ProgressView {
  /** Shows how far the work is; called as often as the work says so. */
  draw(done: number, total: number, text: string): void;
  /** Replaces the bar by the one line that stays. */
  finish(line: string): void;
}

/** Progress shown in a view. */
export function progressOn(view: ProgressView, label: string, total: number): Progress {
  const start = performance.now();
  let latest = 0;
  let isDone = false;
  const progress: Progress = {
    update(done, text = "") {
      latest = done;
      if (!isDone) view.draw(done, total, text);
    },
    breathe,
    report: (done) => {
      progress.update(done);
      return breathe();
    },
    done(text = "") {
      if (isDone) return;
      isDone = true;
      view.finish(lastLine(label, latest, total, (performance.now() - start) / 1000, text));
    },
  };
  return progress;
}
