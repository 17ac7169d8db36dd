import assert from "node:assert/strict";
import type { Locator } from "playwright-core";

export interface Rectangle {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Drawn {
  readonly textContent: string | null;
  getBoundingClientRect(): { toJSON(): Rectangle };
  getAttribute(name: string): string | null;
}

/** Where elements lie in the window, with their texts. */
export async function boxesOf(elements: Locator): Promise<(Rectangle & { text: string })[]> {
  return elements.evaluateAll((all) =>
    (all as unknown as Drawn[])
      // A slanted text lies in a box that is larger than it.
      .filter((one) => !/rotate\((?!0|-90|90)/.test(one.getAttribute("transform") ?? ""))
      .map((one) => ({
        text: String(one.textContent),
        ...one.getBoundingClientRect().toJSON(),
      })),
  );
}

/** By how much two boxes share a place, across and down; negative where they do not. */
export function overlap(a: Rectangle, b: Rectangle): { across: number; down: number } {
  return {
    across: Math.min(a.right, b.right) - Math.max(a.left, b.left),
    down: Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
  };
}

/** No text of a drawn figure covers another or leaves the figure. */
export async function checkTexts(figure: Locator): Promise<void> {
  const texts = (await boxesOf(figure.locator("text"))).filter(
    ({ text, left, right }) => text.trim() !== "" && right > left,
  );
  const [frame] = await boxesOf(figure.locator(".main-svg").first());
  assert.ok(texts.length > 5);
  for (const [index, box] of texts.entries()) {
    const isInside =
      box.left >= frame!.left - 1 &&
      box.right <= frame!.right + 1 &&
      box.top >= frame!.top - 1 &&
      box.bottom <= frame!.bottom + 1;
    assert.ok(isInside, `"${box.text}" leaves the figure`);
    for (const other of texts.slice(0, index)) {
      const { across, down } = overlap(box, other);
      // Boxes of text have air above and below the letters.
      assert.ok(!(across > 1 && down > 4), `"${box.text}" covers "${other.text}"`);
    }
  }
}
