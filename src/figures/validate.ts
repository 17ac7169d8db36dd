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

/** A list of a caller's own: an array or a typed array. */
function isList(values: unknown): values is ArrayLike<unknown> {
  return Array.isArray(values) || (ArrayBuffer.isView(values) && "length" in values);
}

/**
 * Numbers of a caller's own, null where there is a gap.
 *
 * @throws FigureError naming the series, if it is no list, or holds something that is neither a finite
 *   number nor null
 */
export function numbersOrGaps(series: string, values: unknown): (number | null)[] {
  if (!isList(values)) {
    throw new FigureError(`The series "${series}" is not a list`, {
      found: values === null ? "null" : typeof values,
      expected: "numbers, null for a gap",
    });
  }
  return Array.from(values, (value, i) => {
    if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
    throw new FigureError(`The series "${series}" cannot be drawn`, {
      found: `${typeof value === "number" ? value : typeof value} at position ${i}`,
      expected: "finite numbers, or null for a gap",
    });
  });
}

/**
 * What stands along an axis: numbers, or names.
 *
 * @throws FigureError naming the axis, if it is no list, of another length or holds something else
 */
export function labelsOf(
  axis: string,
  labels: unknown,
  expected: number,
  unit: string,
): (number | string)[] {
  if (!isList(labels)) {
    throw new FigureError(`The labels of ${axis} are not a list`, {
      found: labels === null ? "null" : typeof labels,
      expected: "numbers or texts",
    });
  }
  sameLength(`labels of ${axis}`, labels, expected, unit);
  return Array.from(labels, (label, i) => {
    if (typeof label === "string" || Number.isFinite(label)) return label as number | string;
    throw new FigureError(`The labels of ${axis} cannot be drawn`, {
      found: `${typeof label === "number" ? label : typeof label} at position ${i}`,
      expected: "finite numbers or texts",
    });
  });
}
