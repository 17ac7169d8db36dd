/** A number that is drawn again and again: always as wide, with a real minus sign. */
export function fixed(value: number, decimals = 3): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e5 || size < 10 ** -decimals / 2)
      ? value.toExponential(1)
      : value.toFixed(decimals);
  return text.replace(/-/g, "−");
}

/** The same of a change, with its sign. */
export function signed(value: number, decimals = 3): string {
  return `${value < 0 ? "" : "+"}${fixed(value, decimals)}`;
}
