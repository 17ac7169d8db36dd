const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Why a text is no number that a neuron can be set to; null if it is one. */
export function numberProblem(text: string): string | null {
  const written = text.trim();
  if (!DECIMAL.test(written)) return "a decimal number is written such as -1.5";
  return Number.isFinite(Math.fround(Number(written))) ? null : "too large for float32";
}
