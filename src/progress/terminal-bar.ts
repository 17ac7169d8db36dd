import { Presets, SingleBar } from "cli-progress";
import { onExit } from "signal-exit";
import type { Progress } from "./progress";
import { progressOn } from "./progress-on";

/** A bar in a terminal, on stderr so that stdout stays for results. */
export function terminalBar(
  label: string,
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  const bar = new SingleBar(
    {
      stream,
      fps: 10,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      // It knows SIGINT and SIGTERM only, and after them the process would go on.
      gracefulExit: false,
      format: "{label} {bar} {value} of {total} {text}",
    },
    Presets.shades_classic,
  );
  // However the process ends, the terminal gets its cursor and its line wrap back.
  const stopWaiting = onExit(() => bar.stop());
  bar.start(total, 0, { label, text: "" });
  return progressOn(
    {
      draw: (done, _all, text) => bar.update(done, { text: text && `· ${text}` }),
      finish(line) {
        stopWaiting();
        bar.stop();
        stream.write(`${line}\n`);
      },
    },
    label,
    total,
  );
}
