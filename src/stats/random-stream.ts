import { sha256 } from "@noble/hashes/sha2";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { InputError } from "../errors";

/** One reproducible sequence of random numbers. Every call moves it on. */
export interface RandomStream {
  readonly seed: number;
  readonly name: string;
  /** The next number, uniform in [0, 1), with 53 random bits. */
  uniform(): number;
  /** The next whole number, uniform from `from` to `to`, both included. */
  integer(from: number, to: number): number;
  /** The next number from the standard normal distribution (mean 0, standard deviation 1). */
  gaussian(): number;
  /** A shuffled copy of a list (Fisher–Yates). */
  shuffle<T>(items: ArrayLike<T>): T[];
}

/**
 * Opens a seeded stream of random numbers.
 *
 * The stream's name is mixed into the seed (SHA-256 of both gives xoroshiro128+ its 128-bit state),
 * so streams of different names are independent under the same seed, and drawing more from one does
 * not move another. The same seed and name give the same numbers on every machine: Gaussians come
 * from Marsaglia's polar method, which needs no sine or cosine.
 *
 * https://en.wikipedia.org/wiki/Marsaglia_polar_method
 *
 * @param seed a whole number
 * @param name what the stream is for, e.g. "random-baseline"
 * @returns the stream, at its beginning
 * @throws {InputError} when the seed is not a safe integer; `integer` throws when its range is not
 *   one of whole numbers
 *
 * @example
 * const stream = randomStream(0, "example");
 * stream.gaussian(); // the same on every run
 * stream.shuffle([1, 2, 3]);
 */
export function randomStream(seed: number, name: string): RandomStream {
  if (!Number.isSafeInteger(seed)) {
    throw new InputError("seed is not a whole number", {
      found: String(seed),
      expected: "an integer such as 0",
    });
  }
  const digest = new DataView(sha256(`${seed}\n${name}`).buffer);
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => digest.getInt32(at, true)));
  let spare: number | undefined;

  const uniform = () => uniformFloat64(generator);

  const integer = (from: number, to: number) => {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to) {
      throw new InputError("no whole numbers in this range", {
        found: `from ${from} to ${to}`,
        expected: "two integers, the smaller one first",
      });
    }
    return uniformInt(generator, from, to);
  };

  const gaussian = () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * factor;
        return u * factor;
      }
    }
  };

  const shuffle = <T>(items: ArrayLike<T>) => {
    const shuffled = Array.from(items);
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = integer(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  };

  return { seed, name, uniform, integer, gaussian, shuffle };
}
