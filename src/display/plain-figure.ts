import { FigureError } from "../errors";
import type { Figure } from "../figures/figure";

/**
 * A figure as JSON and SVG can hold it: typed arrays become lists, characters that XML has no word for
 * become �, and a number that JSON has no word for (it would quietly write null) is refused.
 *
 * @throws {FigureError} naming the series and the place of a NaN or an infinity
 */
export function plainFigure({ data, layout }: Figure): Figure {
  return {
    data: data.map((trace, index) => {
      const name = typeof trace.name === "string" ? trace.name : `trace ${index}`;
      return plain(trace, `The series "${name}"`, "") as Record<string, unknown>;
    }),
    layout: plain(layout, "The figure's layout", "") as Record<string, unknown>,
  };
}

/** NUL and the like, and halves of characters: no SVG can be read with one, or even be made. */
const OUTSIDE_XML = /(?![\t\n\r])\p{Cc}|[\p{Surrogate}\ufffe\uffff]/gu;

function plain(value: unknown, owner: string, place: string): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new FigureError(`${owner} cannot be drawn`, {
      found: `${value} at ${place}`,
      expected: "finite numbers, or null for a gap",
    });
  }
  if (typeof value === "string") return value.replace(OUTSIDE_XML, "\ufffd");
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value)) {
    return Array.from(value as ArrayLike<unknown>, (one, i) => plain(one, owner, `${place}[${i}]`));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, plain(one, owner, place === "" ? key : `${place}.${key}`)]),
  );
}
