import { CheckpointError } from "../errors";

/** The largest models have 100,000 tensors, in many files. */
const MOST_NAMES = 100_000;

const LONGEST_NAME = 65_535;

/** V8 hashes longer texts by their length alone. */
const LONGEST_HASHED = 16_000;

/** Lists of tensors have smaller numbers for names. */
const LARGE_NUMBER = /^\d{7,10}$/;

/** How many names there may be that need not have a hash of their own. */
const MOST_LARGE_NUMBERS = 5_000;
const MOST_LONG_TEXTS = 100;

/** Checks names of tensors, one after the other, before they become keys of a Map: of too many some can be slow. */
export class NameLimits {
  private names = 0;
  private largeNumbers = 0;
  private longTexts = 0;

  constructor(private readonly file: string) {}

  /**
   * Counts one more name.
   *
   * @throws CheckpointError if there are too many, this one is too long, or too many are large numbers or very long
   *   texts: V8 gives those hashes that whoever writes the file can choose (see TextMap).
   */
  check(name: string): void {
    if (++this.names > MOST_NAMES) throw this.exceeded("there are too many tensors", MOST_NAMES);
    if (name.length > LONGEST_NAME) {
      throw this.exceeded(`a tensor's name has ${name.length} characters`, LONGEST_NAME);
    }
    if (name.length > LONGEST_HASHED && ++this.longTexts > MOST_LONG_TEXTS) {
      throw this.exceeded("too many tensors have very long names", MOST_LONG_TEXTS);
    }
    if (LARGE_NUMBER.test(name) && ++this.largeNumbers > MOST_LARGE_NUMBERS) {
      throw this.exceeded("too many tensors are named by large numbers", MOST_LARGE_NUMBERS);
    }
  }

  private exceeded(what: string, most: number): CheckpointError {
    return new CheckpointError(what, { file: this.file, expected: `at most ${most}` });
  }
}
