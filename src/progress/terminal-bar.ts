import { Presets, SingleBar } from "cli-progress";
import { lastLine } from "./bar-line";
import { breathing } from "./breathing";
import type { Progress } from "./progress";

/** A bar in a terminal, on stderr so that stdout stays for results. */
export function terminalBar(
  label: string,
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  const start = performance.now();
  const bar = new SingleBar(
    {
      stream,
      fps: 10,
      hideCursor: true,
      clearOnComplete: true,
      // Signals are the program's own business.
      gracefulExit: false,
      format: "{label} {bar} {value} of {total} {text}",
      barsize: 24,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { label, text: "" });
  let latest = 0;
  let isDone = false;
  return {
    update(done, text = "") {
      latest = done;
      if (!isDone) bar.update(done, { text: text && `· ${text}` });
    },
    breathe: breathing(),
    done(text = "") {
      if (isDone) return;
      isDone = true;
      bar.stop();
      stream.write(`${lastLine(label, latest, total, (performance.now() - start) / 1000, text)}\n`);
    },
  };
}
