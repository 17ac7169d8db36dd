import type { NamedArray } from "../checkpoints/named-array";

/** Elements that become one piece of text. */
const ELEMENTS_PER_PIECE = 4096;

/**
 * A tensor's elements as JSON in nested lists, piece by piece: the whole text of a large tensor would
 * be longer than a string can be. A scalar is a number. JSON has no NaN and no infinities, which
 * become null, and no whole numbers beyond 2⁵³ that every reader keeps, which become texts.
 */
export function* nestedJson({
  shape,
  data,
}: Pick<NamedArray, "shape" | "data">): Generator<string> {
  let next = 0;
  function* list(axis: number): Generator<string> {
    const size = shape[axis];
    if (axis < shape.length - 1) {
      for (let i = 0; i < size; i++) {
        yield i === 0 ? "[" : ",[";
        yield* list(axis + 1);
        yield "]";
      }
      return;
    }
    for (let i = 0; i < size; i += ELEMENTS_PER_PIECE) {
      const count = Math.min(ELEMENTS_PER_PIECE, size - i);
      const piece = Array.from(data.subarray(next, next + count), elementJson).join(",");
      next += count;
      yield i === 0 ? piece : `,${piece}`;
    }
  }
  if (shape.length === 0) {
    yield elementJson(data[0]);
    return;
  }
  yield "[";
  yield* list(0);
  yield "]";
}

function elementJson(element: number | bigint): string {
  if (typeof element === "number") return Number.isFinite(element) ? String(element) : "null";
  return Number.isSafeInteger(Number(element)) ? String(element) : `"${element}"`;
}
