/** For a mean in units of its own estimated standard error; Hall's a and b. */
const [A, B] = [1 / 3, 1 / 6];

/**
 * Between which limits the studentized mean of n skewed values lies where that of symmetric ones lies
 * within ±t: Hall's cubic transformation, turned around.
 *
 * Values that reach far up pull the mean and its standard error up together, so that the studentized
 * mean is skewed down.
 *
 * Hall, On the removal of skewness by transformation, J. R. Statist. Soc. B 54, 1992.
 *
 * @param t the limit for symmetric values, above 0
 * @param skewness third central moment / standard deviation³ of the values
 * @param n how many values
 *
 * @example
 * skewnessLimits(2, 0, 20); // { low: −2, high: 2 }
 * skewnessLimits(2, 1, 20); // { low: −2.46…, high: 1.73… }
 */
export function skewnessLimits(
  t: number,
  skewness: number,
  n: number,
): { low: number; high: number } {
  const shape = (A * skewness) / Math.sqrt(n);
  const shift = (B * skewness) / Math.sqrt(n);
  const limit = (z: number) => {
    // Where the cubic is a straight line up to rounding its inverse would be 0 / 0.
    if (Math.abs(shape) < 1e-8) return z - shift;
    return (Math.cbrt(1 + 3 * shape * (z - shift)) - 1) / shape;
  };
  return { low: limit(-t), high: limit(t) };
}
