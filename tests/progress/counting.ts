import { setTimeout as wait } from "node:timers/promises";
import { progressBar } from "../../src/progress/progress-bar";

/** A program that counts to 30 under a progress bar, for the test that runs it in a terminal. */
async function main(): Promise<void> {
  const bar = progressBar({ label: "Counting", total: 30 });
  for (let i = 1; i <= 30; i++) {
    bar.update(i);
    await bar.breathe();
    await wait(30);
  }
  bar.done();
}

void main();
