import { InputError } from "../errors";
import { randomStream } from "../stats/random-stream";

export interface GenerateOptions {
  /** How many tokens to add. */
  readonly maxNewTokens?: number;
  /** Draw tokens at random; otherwise always the most probable one (greedy). */
  readonly doSample?: boolean;
  /** Divides the logits before drawing. */
  readonly temperature?: number;
  /** Draw from the so many most probable tokens only. */
  readonly topK?: number;
  /** Seed of the draws. */
  readonly seed?: number;
  /** Stop after this token. */
  readonly stopAtToken?: number | null;
}

/** Gives the logits of the next token of each run of tokens, `[d_vocab]` each. */
export type NextTokenLogits = (batch: readonly (readonly number[])[]) => readonly Float32Array[];

/**
 * Continues runs of tokens, one token at a time.
 *
 * @param batch what to continue; each has its own stream of draws
 * @param nextTokenLogits called with the runs as they have become, each one token longer than before
 * @returns each with its continuation
 * @throws InputError if an option is out of range.
 */
export function generate(
  batch: readonly (readonly number[])[],
  nextTokenLogits: NextTokenLogits,
  {
    maxNewTokens = 10,
    doSample = false,
    temperature = 1,
    topK,
    seed = 0,
    stopAtToken = null,
  }: GenerateOptions = {},
): number[][] {
  checkCount("maxNewTokens", maxNewTokens, 0);
  checkPositive("temperature", temperature);
  if (topK !== undefined) checkCount("topK", topK, 1);
  const random = batch.map((_, row) =>
    randomStream(seed, row > 0 ? `generate ${row}` : "generate"),
  );
  const running = batch.map((tokens) => [...tokens]);
  const length = batch.map((tokens) => tokens.length + maxNewTokens);
  const isRunning = (row: number) => running[row].length < length[row];
  for (let i = 0; i < maxNewTokens && batch.some((_, row) => isRunning(row)); i++) {
    nextTokenLogits(running).forEach((logits, row) => {
      const next = doSample
        ? draw(logits, temperature, topK ?? logits.length, random[row].uniform())
        : argmax(logits);
      running[row].push(next);
      // What comes after it is run with the rest of the batch, and left out.
      if (next === stopAtToken) length[row] = Math.min(length[row], running[row].length);
    });
  }
  return running.map((tokens, row) => tokens.slice(0, length[row]));
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The token at `uniform` of the cumulative distribution over the topK most probable tokens. */
function draw(logits: Float32Array, temperature: number, topK: number, uniform: number): number {
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b).slice(0, topK);
  const largest = logits[order[0]];
  const weights = order.map((id) => Math.exp((logits[id] - largest) / temperature));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return order[i];
  }
  return order[order.length - 1];
}

function checkPositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new InputError(`${name} is out of range`, {
    found: String(value),
    expected: "a number above 0",
  });
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new InputError(`${name} is out of range`, {
    found: String(value),
    expected: `a whole number from ${least} on`,
  });
}
