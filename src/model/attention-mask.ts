import { InputError } from "../errors";
import { shown } from "./shown";

/** 1 at tokens and 0 at padding, `[batch][pos]`. */
export type AttentionMask = readonly (readonly number[])[];

/** On which side shorter sequences of a batch are filled up. */
export type PaddingSide = "left" | "right";

/** A batch whose rows are equally long. */
export interface PaddedBatch {
  readonly tokens: readonly (readonly number[])[];
  /** null if nothing is padding. */
  readonly mask: AttentionMask | null;
}

/**
 * Fills shorter sequences up to the longest one.
 *
 * @param padToken what stands at padding; no token's numbers depend on it
 * @throws InputError if the sequences differ in length and no side is given, or it is not a side.
 */
export function padBatch(
  batch: readonly (readonly number[])[],
  side: PaddingSide | undefined,
  padToken: number,
): PaddedBatch {
  if (side !== undefined && side !== "left" && side !== "right") {
    throw new InputError("not a padding side", {
      found: shown(side),
      expected: `"left" or "right"`,
    });
  }
  const lengths = [...new Set(batch.map((ids) => ids.length))].sort((a, b) => a - b);
  if (lengths.length === 1) return { tokens: batch, mask: null };
  if (side === undefined) {
    throw new InputError("the sequences of a batch differ in length", {
      found: `lengths ${lengths.join(", ")}`,
      remedy: "Run them one by one or give paddingSide.",
    });
  }
  const longest = lengths[lengths.length - 1];
  const filled = (row: readonly number[], value: number) => {
    const padding = Array<number>(longest - row.length).fill(value);
    return side === "left" ? [...padding, ...row] : [...row, ...padding];
  };
  return {
    tokens: batch.map((ids) => filled(ids, padToken)),
    mask: batch.map((ids) =>
      filled(
        ids.map(() => 1),
        0,
      ),
    ),
  };
}

/**
 * A mask that was given with a batch of `rows` × `columns`.
 *
 * @returns null if it masks nothing
 * @throws InputError if its shape is another one, it holds something else than 0 and 1, or a row is all padding.
 */
export function checkMask(
  mask: AttentionMask,
  rows: number,
  columns: number,
): AttentionMask | null {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === columns;
  if (!Array.isArray(mask) || mask.length !== rows || !Array.from(mask).every(isRow)) {
    throw new InputError("the attention mask has another shape than the batch", {
      found: shapeOf(mask),
      expected: `[${rows}, ${columns}]`,
    });
  }
  mask.forEach((row, index) => {
    const wrong = row.findIndex((value: unknown) => value !== 0 && value !== 1);
    if (wrong >= 0) {
      throw new InputError(`row ${index} of the attention mask holds something else than 0 and 1`, {
        found: shown(row[wrong]),
      });
    }
    if (!row.includes(1)) {
      throw new InputError(`row ${index} of the attention mask is all padding`, {
        expected: "at least one 1 in every row",
      });
    }
  });
  return mask.some((row) => row.includes(0)) ? mask : null;
}

function shapeOf(mask: unknown): string {
  if (!Array.isArray(mask)) return typeof mask;
  const lengths = mask.map((row) => (Array.isArray(row) ? row.length : typeof row));
  return `rows of ${[...new Set(lengths)].join(", ")}, ${mask.length} of them`;
}
