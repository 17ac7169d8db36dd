/** How a number that does not exist is written. */
export const NO_NUMBER = "–";

/** How numbers are written. */
export interface NumberStyle {
  /** Significant digits of a number that stands alone. */
  readonly digits: number;
  /** For programs: no thousands' commas, and a minus sign that they read. */
  readonly isPlain?: boolean;
}

/** For a reader: `−0.03123`, `12,350`. */
export const FOR_READERS: NumberStyle = { digits: 4 };

/** For a terminal, from which other programs may read: `-0.031235`, `12346`. */
export const FOR_PROGRAMS: NumberStyle = { digits: 5, isPlain: true };

/**
 * Writes a number: four significant digits for a reader, with a real minus sign; `–` for a number that
 * does not exist.
 *
 * @param style how many digits, or a whole style
 * @example
 * formatNumber(-0.0312345); // "−0.03123"
 * formatNumber(12345.6);    // "12,350"
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
            maximumSignificantDigits: digits,
            useGrouping: !isPlain,
          });
  return isPlain ? text : text.replace(/-/g, "−");
}
