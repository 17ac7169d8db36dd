import { FigureError } from "../errors";

/**
 * Refuses data that cannot be drawn.
 *
 * @param series - what a reader calls these numbers, e.g. `activations at factor 0.5`
 * @param values - the numbers
 * @param pointName - names the n-th point, e.g. by its prompt
 * @returns the numbers as a plain array
 * @throws FigureError naming the series and the point, if a number is missing, NaN or infinite
 */
export function drawable(
  series: string,
  values: ArrayLike<number>,
  pointName: (index: number) => string = (index) => `position ${index}`,
): number[] {
  const numbers = Array.from(values);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new FigureError(`The series "${series}" cannot be drawn`, {
      found: `${numbers[bad]} at ${pointName(bad)}`,
      expected: "finite numbers",
    });
  }
  return numbers;
}

/**
 * Refuses a series of the wrong length.
 *
 * @throws FigureError naming the series
 */
export function sameLength(
  series: string,
  values: { readonly length: number },
  expected: number,
  unit: string,
): void {
  if (values.length !== expected) {
    throw new FigureError(`The series "${series}" has the wrong length`, {
      found: `${values.length} values`,
      expected: `${expected}, one for each ${unit}`,
    });
  }
}

/**
 * Refuses an empty figure.
 *
 * @throws FigureError naming the figure
 */
export function notEmpty(figure: string, values: { readonly length: number }, unit: string): void {
  if (values.length === 0) {
    throw new FigureError(`${figure} has nothing to draw`, { expected: `at least one ${unit}` });
  }
}
