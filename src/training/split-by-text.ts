import { InputError } from "../errors";
import { randomStream } from "../stats/random-stream";

/** Rows of a data set in three parts, each ascending. */
export interface Split {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

export interface SplitOptions {
  /** Share of the distinct texts. Default: 0.1. */
  readonly validationShare?: number;
  /** Share of the distinct texts. Default: 0.1. */
  readonly testShare?: number;
  /** Default: 0. */
  readonly seed?: number;
}

/** Fewer distinct texts leave nothing to learn from, or nothing to test on. */
export const FEWEST_TEXTS = 50;

/**
 * Splits prompts at random into train, validation and test parts. Equal prompts go to the same part:
 * what is tested on was not learnt from.
 *
 * @param prompts token ids
 * @throws InputError if there are fewer than 50 different prompts, or the shares leave a part empty.
 */
export function splitByText(
  prompts: readonly (readonly number[])[],
  { validationShare = 0.1, testShare = 0.1, seed = 0 }: SplitOptions = {},
): Split {
  const groups = groupsOfEqual(prompts);
  if (groups.length < FEWEST_TEXTS) {
    throw new InputError("there are too few texts to train and test a head", {
      found: `${groups.length} different ones of ${prompts.length}`,
      expected: `at least ${FEWEST_TEXTS}`,
      remedy: "Give more texts; 2,000 or more are good.",
    });
  }
  const sizes = [validationShare, testShare].map((share) => Math.round(share * groups.length));
  const [validationSize, testSize] = sizes;
  if (!(validationSize >= 1 && testSize >= 1 && validationSize + testSize < groups.length)) {
    throw new InputError("these shares leave a part of the split empty", {
      found: `validation ${validationShare}, test ${testShare}`,
      expected: "two shares above 0 that leave some for training, such as 0.1 and 0.1",
    });
  }
  const shuffled = randomStream(seed, "split-by-text").shuffle(groups);
  const rows = (from: number, to?: number) =>
    shuffled
      .slice(from, to)
      .flat()
      .sort((a, b) => a - b);
  return {
    test: rows(0, testSize),
    validation: rows(testSize, testSize + validationSize),
    train: rows(testSize + validationSize),
  };
}

/**
 * Deals rows to folds at random, equal prompts to the same fold.
 *
 * @param rows which of the prompts
 * @returns the fold of each of `rows`, 0 to `folds` − 1
 */
export function foldsByText(
  prompts: readonly (readonly number[])[],
  rows: readonly number[],
  { folds, seed = 0 }: { readonly folds: number; readonly seed?: number },
): Int32Array {
  const foldOf = new Int32Array(rows.length);
  const groups = groupsOfEqual(rows.map((row) => prompts[row]));
  randomStream(seed, "folds-by-text")
    .shuffle(groups)
    .forEach((group, i) => {
      for (const row of group) foldOf[row] = i % folds;
    });
  return foldOf;
}

/** Indices of equal prompts, in the order in which each was first seen. */
function groupsOfEqual(prompts: readonly (readonly number[])[]): number[][] {
  const groups = new Map<string, number[]>();
  prompts.forEach((prompt, index) => {
    const key = prompt.join(" ");
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  });
  return [...groups.values()];
}
