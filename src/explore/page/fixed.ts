const DIGITS = 3;

/** More are written with a power of ten. */
const MOST_DECIMALS = 6;

/** Decimals with which numbers up to a magnitude are told apart: three digits of the largest. */
export function decimalsFor(largest: number): number {
  if (largest === 0) return DIGITS;
  const places = DIGITS - 1 - Math.floor(Math.log10(Math.abs(largest)));
  return Math.max(0, Math.min(places, MOST_DECIMALS));
}

/** A number that is drawn again and again: always as wide, with a real minus sign. */
export function fixed(value: number, decimals: number): string {
  const size = Math.abs(value);
  const isTiny = size !== 0 && decimals === MOST_DECIMALS && size < 10 ** -decimals;
  const text = size >= 1e7 || isTiny ? value.toExponential(2) : value.toFixed(decimals);
  return text.replace(/^-(0\.?0*)$/, "$1").replace(/-/g, "−");
}

/** The same of a change, with its sign. */
export function signed(value: number, decimals: number): string {
  return `${value < 0 ? "" : "+"}${fixed(value, decimals)}`;
}
