import { createHash } from "node:crypto";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { openHead } from "../../src/analysis/open-head";
import { neuronSweep } from "../../src/patching/neuron-sweep";

/**
 * A program for the test that sends it signals: it listens for them, makes the same 2,800 patched runs
 * so many times, and on (up to twenty times as often) until it heard enough signals, and says what
 * numbers it got each time and how many signals it heard.
 */
async function main(head: string, times: number, enough: number): Promise<void> {
  let heard = 0;
  for (const signal of ["SIGUSR2", "SIGWINCH", "SIGCHLD"] as const)
    process.on(signal, () => heard++);
  const { model, ...bound } = await openHead(head);
  const prompts = [6, 9, 12, 15, 16].map((length) =>
    Array.from({ length }, (_, i) => (37 * length + 101 * i) % model.cfg.d_vocab),
  );
  process.stdout.write("ready\n");
  const numbers = new Set<string>();
  for (let time = 0; time < times || (heard < enough && time < 20 * times); time++) {
    const { baseline, swept } = await neuronSweep(model, prompts, {
      read: { model, ...bound },
      hooks: [
        ["post", 1],
        ["mlp_out", 2],
      ],
    });
    const text = JSON.stringify([baseline, swept]);
    numbers.add(createHash("sha256").update(text).digest("hex"));
    await nextTurn();
  }
  process.stdout.write(`${JSON.stringify({ heard, numbers: [...numbers] })}\n`);
  // While it ends nothing listens any more; signals are no longer sent by then.
  await wait(1000);
}

void main(
  join(__dirname, "..", "..", "models", process.argv[2]),
  Number(process.argv[3]),
  Number(process.argv[4]),
);
