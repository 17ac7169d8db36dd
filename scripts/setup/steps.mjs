import { secondsSince } from "../project.mjs";

/** Something that the reader has to put right; its message says what to type. */
export class SetupProblem extends Error {}

/**
 * Runs one step of set-up and prints what it did and how long it took.
 * @param {string} name
 * @param {() => Promise<string>} work resolves to what it did
 */
export async function step(name, work) {
  const started = performance.now();
  process.stdout.write(`  ${name} … `);
  const ticking = showSeconds(name, started);
  try {
    const done = await work();
    clearInterval(ticking);
    clearLine();
    process.stdout.write(`${lineStart(name)}${done} (${secondsSince(started)})\n`);
  } catch (error) {
    clearInterval(ticking);
    process.stdout.write("failed\n");
    throw error;
  }
}

/**
 * @param {string} name
 * @param {number} started
 */
function showSeconds(name, started) {
  if (!process.stdout.isTTY) return undefined;
  return setInterval(() => {
    clearLine();
    process.stdout.write(`  ${name} … ${secondsSince(started)} `);
  }, 1000);
}

function clearLine() {
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
}

/** @param {string} name */
function lineStart(name) {
  return process.stdout.isTTY ? `  ${name}: ` : "";
}
