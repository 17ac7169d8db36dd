import { randomUUID } from "node:crypto";
import { barLine, lastLine } from "./bar-line";
import { breathing } from "./breathing";
import { displayBundle } from "./kernel-display";
import type { Progress } from "./progress";

/** A kernel loses messages when hundreds wait to be sent. */
const EVERY_MS = 100;

/** A bar in a notebook: one output of the cell that runs, updated in place. */
export function notebookBar(label: string, total: number): Progress {
  const id = randomUUID();
  const start = performance.now();
  let latest = 0;
  let shown = Number.NEGATIVE_INFINITY;
  let isShown = false;
  let isDone = false;
  const show = (line: string) => {
    displayBundle({ "text/plain": line }, { id, update: isShown });
    isShown = true;
    shown = performance.now();
  };
  show(barLine(label, 0, total, ""));
  return {
    update(done, text = "") {
      latest = done;
      if (!isDone && performance.now() - shown >= EVERY_MS) show(barLine(label, done, total, text));
    },
    breathe: breathing(),
    done(text = "") {
      if (isDone) return;
      isDone = true;
      show(lastLine(label, latest, total, (performance.now() - start) / 1000, text));
    },
  };
}
