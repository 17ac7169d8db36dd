/** How a number that does not exist is written. */
export const NO_NUMBER = "–";

/**
 * Writes a number for a reader: four significant digits, a real minus sign, `–` for a number that
 * does not exist.
 *
 * @example
 * formatNumber(-0.0312345); // "−0.03123"
 * formatNumber(12345.6);    // "12,350"
 * formatNumber(null);       // "–"
 */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NO_NUMBER;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size === Number.POSITIVE_INFINITY) return value < 0 ? "−∞" : "∞";
  const text =
    size < 1e-4 || size >= 1e7
      ? value
          .toExponential(digits - 1)
          .replace(/\.?0+e/, "e")
          .replace("e+", "e")
      : value.toLocaleString("en-US", { maximumSignificantDigits: digits });
  return text.replace(/-/g, "−");
}
