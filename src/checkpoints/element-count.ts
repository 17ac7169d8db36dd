/** PyTorch's own limit on axes is 64. */
const MOST_AXES = 64;

/**
 * How many elements a shape has.
 *
 * @returns `undefined` if this is no shape: not a list of counts, too many axes, or too many elements to count.
 */
export function elementCount(shape: unknown): number | undefined {
  if (!Array.isArray(shape) || shape.length > MOST_AXES) return undefined;
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}
