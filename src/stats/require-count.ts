import { InputError } from "../errors";

/**
 * Refuses a count that is none.
 *
 * @param argument the argument's name, for the message
 * @throws {InputError} unless the value is a whole number from 1
 *
 * @example
 * requireCount("n", 1000);
 */
export function requireCount(argument: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new InputError(`${argument} is not a number of draws`, {
    found: String(value),
    expected: "a whole number from 1",
  });
}
