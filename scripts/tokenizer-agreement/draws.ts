import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Draws from a seed. */
export class Draws {
  private readonly generator;

  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return uniformInt(this.generator, 0, end - 1);
  }

  /** Yes, so many times of a hundred. */
  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  from<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** One to `most` texts, joined. */
  times(most: number, make: () => string): string {
    return Array.from({ length: 1 + this.below(most) }, make).join("");
  }
}
