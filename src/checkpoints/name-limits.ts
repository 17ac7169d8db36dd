import { CheckpointError } from "../errors";

/** The largest models have 100,000 tensors, in many files. */
const MOST_NAMES = 100_000;

const LONGEST_NAME = 65_535;

/** V8 hashes longer texts by their length alone. */
const LONGEST_HASHED = 16_000;

/** Lists of tensors have smaller numbers for names. */
const SMALLEST_LARGE_NUMBER = /^\d{7}/;

/** How many names there may be that do not get a hash of their own. */
const MOST_UNHASHED = 1_000;

/** Checks names of tensors, one after the other, before they become keys of a Map: of too many some can be slow. */
export class NameLimits {
  private names = 0;
  private unhashed = 0;

  constructor(private readonly file: string) {}

  /**
   * Counts one more name.
   *
   * @throws CheckpointError if there are too many, this one is too long, or too many are large numbers or very long:
   *   V8 gives those hashes that whoever writes the file can choose (numbers before Node 20.20.2, 22.22.2 and 24.14.1:
   *   CVE-2026-21717), and 40,000 with one hash took 7 s.
   */
  check(name: string): void {
    if (++this.names > MOST_NAMES) throw this.exceeded("there are too many tensors", MOST_NAMES);
    if (name.length > LONGEST_NAME) {
      throw this.exceeded(`a tensor's name has ${name.length} characters`, LONGEST_NAME);
    }
    if (name.length <= LONGEST_HASHED && !SMALLEST_LARGE_NUMBER.test(name)) return;
    if (++this.unhashed <= MOST_UNHASHED) return;
    throw this.exceeded("too many tensors are named by large numbers or long texts", MOST_UNHASHED);
  }

  private exceeded(what: string, most: number): CheckpointError {
    return new CheckpointError(what, { file: this.file, expected: `at most ${most}` });
  }
}
