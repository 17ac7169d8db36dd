/**
 * All parts but one, joined, for each part: from the left and from the right, so that it takes
 * 3n joins and nothing is subtracted.
 *
 * @param parts n ≥ 2 parts
 * @param join from two parts to one that stands for both
 * @returns `[n]` at i the join of all parts but the i-th
 *
 * @example
 * leaveOneOut([1, 2, 4], (a, b) => a + b); // [6, 5, 3]
 */
export function leaveOneOut<T>(parts: readonly T[], join: (a: T, b: T) => T): T[] {
  const fromRight: T[] = [];
  for (let i = parts.length - 1; i > 0; i--) {
    const last = fromRight.at(-1);
    fromRight.push(last === undefined ? parts[i]! : join(parts[i]!, last));
  }
  let fromLeft: T | undefined;
  return parts.map((part, i) => {
    const right = fromRight[parts.length - 2 - i];
    const left = fromLeft;
    fromLeft = left === undefined ? part : join(left, part);
    if (left === undefined) return right!;
    return right === undefined ? left : join(left, right);
  });
}
