/** How a number that does not exist is written. */
export const NO_NUMBER = "–";

/** How numbers are written. */
export interface NumberStyle {
  /** Significant digits of a number that stands alone. */
  readonly digits: number;
  /** For programs: no thousands' commas, and a minus sign that they read. */
  readonly isPlain?: boolean;
}

/** For a reader: `−0.0312`, `12,346`. */
export const FOR_READERS: NumberStyle = { digits: 3 };

/** For a terminal, from which other programs may read: `-0.03123`, `12346`. */
export const FOR_PROGRAMS: NumberStyle = { digits: 4, isPlain: true };

/** A p-value below this says no more. */
const SMALLEST_P = 1e-4;
const DIGITS_OF_P = 2;

/**
 * Writes a number: three significant digits for a reader, with a real minus sign; `–` for a number that
 * does not exist. What stands before the point is never rounded away: a count is whole.
 *
 * @param style how many digits, or a whole style
 * @example
 * formatNumber(-0.0312345); // "−0.0312"
 * formatNumber(12345.6);    // "12,346"
 * formatNumber(null);       // "–"
 */
export function formatNumber(
  value: number | null | undefined,
  style: number | NumberStyle = FOR_READERS,
): string {
  const { digits, isPlain = false } = typeof style === "number" ? { digits: style } : style;
  if (value === null || value === undefined || Number.isNaN(value)) return NO_NUMBER;
  const size = Math.abs(value);
  if (size === 0) return "0";
  const text =
    size === Number.POSITIVE_INFINITY
      ? `${value < 0 ? "-" : ""}∞`
      : size < 1e-4 || size >= 1e7
        ? value
            .toExponential(digits - 1)
            .replace(/\.?0+e/, "e")
            .replace("e+", "e")
        : value.toLocaleString("en-US", {
            ...(size >= 10 ** (digits - 1)
              ? { maximumFractionDigits: 0 }
              : { maximumSignificantDigits: digits }),
            useGrouping: !isPlain,
          });
  return isPlain ? text : text.replace(/-/g, "−");
}

/**
 * Writes a p-value: two digits, and below 0.0001 only that.
 *
 * @example
 * formatProbability(0.01234);  // "0.012"
 * formatProbability(1.2e-23);  // "< 0.0001"
 */
export function formatProbability(
  p: number | null | undefined,
  style: NumberStyle = FOR_READERS,
): string {
  const digits = { ...style, digits: DIGITS_OF_P };
  return typeof p === "number" && p < SMALLEST_P
    ? `< ${formatNumber(SMALLEST_P, { ...digits, digits: 1 })}`
    : formatNumber(p, digits);
}

/** What is so small beside the numbers that it is a sum of is their rounding, in float32. */
const ROUNDING = 1e-6;

/**
 * A mean as a reader wants it: 0 where it is rounding beside the numbers' spread.
 *
 * @example
 * withoutRounding(-1.7e-10, 0.1); // 0
 */
export function withoutRounding(mean: number, spread: number): number {
  return Math.abs(mean) < ROUNDING * spread ? 0 : mean;
}
