import { randomUUID } from "node:crypto";
import { barLine } from "./bar-line";
import { displayBundle } from "./kernel-display";
import type { Progress } from "./progress";
import { progressOn } from "./progress-on";

/** A kernel loses messages when hundreds wait to be sent. */
const EVERY_MS = 100;

/** A bar in a notebook: one output of the cell that runs, updated in place. */
export function notebookBar(label: string, total: number): Progress {
  const id = randomUUID();
  let isShown = false;
  let shownAt = 0;
  const show = (line: string) => {
    displayBundle({ "text/plain": line }, { id, update: isShown });
    isShown = true;
    shownAt = performance.now();
  };
  show(barLine(label, 0, total, ""));
  return progressOn(
    {
      draw(done, all, text) {
        if (performance.now() - shownAt >= EVERY_MS) show(barLine(label, done, all, text));
      },
      finish: show,
    },
    label,
    total,
  );
}
