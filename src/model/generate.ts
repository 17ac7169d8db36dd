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

/** Gives the logits of the next token, `[d_vocab]`, after a run of tokens. */
export type NextTokenLogits = (tokens: readonly number[]) => Float32Array;

/**
 * Continues a run of tokens, one token at a time.
 *
 * @param tokens what to continue
 * @param n_ctx the model's context: beyond it only the last tokens are seen
 * @returns the tokens with their continuation
 * @throws InputError if an option is out of range.
 */
export function generate(
  tokens: readonly number[],
  n_ctx: number,
  nextTokenLogits: NextTokenLogits,
  {
    maxNewTokens = 10,
    doSample = false,
    temperature = 1,
    topK,
    seed = 0,
    stopAtToken = null,
  }: GenerateOptions = {},
): number[] {
  checkCount("maxNewTokens", maxNewTokens, 0);
  checkPositive("temperature", temperature);
  if (topK !== undefined) checkCount("topK", topK, 1);
  const random = randomStream(seed, "generate");
  const result = [...tokens];
  for (let i = 0; i < maxNewTokens; i++) {
    const logits = nextTokenLogits(result.slice(-n_ctx));
    const next = doSample
      ? draw(logits, temperature, topK ?? logits.length, random.uniform())
      : argmax(logits);
    result.push(next);
    if (next === stopAtToken) break;
  }
  return result;
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
