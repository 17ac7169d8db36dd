import { InputError } from "../errors";

/**
 * Copies numbers into a plain array after checking that every one is finite.
 *
 * Every statistic in this folder reads its arguments through this function, so that a NaN that
 * slipped in is reported where it is, and never becomes a NaN in a result.
 *
 * @param values the numbers, as an array or a typed array
 * @param argument the argument's name, for the message
 * @returns a new array of the same numbers
 * @throws {InputError} when a value is NaN, infinite or not a number; names the argument and index
 *
 * @example
 * finiteValues(new Float32Array([1, 2]), "weights"); // [1, 2]
 */
export function finiteValues(values: ArrayLike<number>, argument: string): number[] {
  const copy = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new InputError(`${argument}[${i}] is not a finite number`, { found: String(value) });
    }
    copy[i] = value;
  }
  return copy;
}

/**
 * The same for two lists that belong together, value by value.
 *
 * @throws {InputError} also when the lengths differ
 *
 * @example
 * finitePairs([1, 2], "x", [3, 4], "y"); // [[1, 2], [3, 4]]
 */
export function finitePairs(
  first: ArrayLike<number>,
  firstName: string,
  second: ArrayLike<number>,
  secondName: string,
): [number[], number[]] {
  if (first.length !== second.length) {
    throw new InputError(`${firstName} and ${secondName} must have the same length`, {
      found: `${first.length} and ${second.length} values`,
    });
  }
  return [finiteValues(first, firstName), finiteValues(second, secondName)];
}
