/**
 * A moment as result files write it: ISO 8601 in UTC, whole seconds.
 *
 * @param moment now unless said otherwise; tests give a fixed one
 * @returns e.g. "2025-04-22T17:33:14Z"
 * @throws {RangeError} when the date is not a date
 *
 * @example
 * timestamp(new Date(0)); // "1970-01-01T00:00:00Z"
 */
export function timestamp(moment: Date = new Date()): string {
  return moment.toISOString().replace(/\.\d+Z$/, "Z");
}
