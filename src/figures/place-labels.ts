/** A point with a label, in pixels. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** Where a label's middle lies, in pixels from its point. */
export interface Offset {
  readonly x: number;
  readonly y: number;
}

/** Width of an average letter and height of a line at 13 px. */
const LETTER = 7;
const LINE = 15;

/**
 * Finds a place for the label of each point where it covers no point and no other label.
 *
 * @param candidates - the places to try, best first
 * @returns an offset for each point, or null where no place is free
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  candidates: readonly Offset[],
): (Offset | null)[] {
  const taken = points.map(({ x, y }) => ({ x, y, width: 8, height: 8 }));
  return points.map(({ x, y, label }) => {
    const size = { width: label.length * LETTER, height: LINE };
    const free = candidates.find((offset) => {
      const box = { x: x + offset.x, y: y + offset.y, ...size };
      return !taken.some(
        (other) =>
          Math.abs(other.x - box.x) < (other.width + box.width) / 2 &&
          Math.abs(other.y - box.y) < (other.height + box.height) / 2,
      );
    });
    if (free) taken.push({ x: x + free.x, y: y + free.y, ...size });
    return free ?? null;
  });
}
