import { InputError } from "../errors";
import type { HookedTransformer } from "../model/hooked-transformer";
import { patch } from "./patch-variants";
import { type ActivationReading, activationReadout } from "./readout";
import {
  isOverKeys,
  type Place,
  positionsOf,
  resolveVariant,
  type Site,
  sizeWithKeys,
  spanOf,
} from "./site";

/** What a place holds on reference prompts, unpatched. */
export interface ReferenceValues {
  /** Mean over the reference prompts (and positions, for "all"), a number for each of the place. */
  mean(place: Place): number[];
  /** On one of the reference prompts; at all positions one after the other, for "all". */
  of(place: Place, prompt: number): number[];
}

/**
 * Runs reference prompts and looks at some places.
 *
 * @throws InputError for attention scores and patterns, or if a prompt does not have a position.
 */
export async function referenceValues(
  model: HookedTransformer,
  reference: readonly (readonly number[])[],
  places: readonly Place[],
): Promise<ReferenceValues> {
  const siteOf = (place: Place) => resolveVariant({ ...place, patch: ["scale", 1] }, model, 0)[0];
  const hooks = [...new Set(places.map((place) => siteOf(place).hook))];
  const overKeys = hooks.find(isOverKeys);
  if (overKeys) {
    throw new InputError(`${overKeys} of other prompts has other keys`, {
      remedy: "Ablate it without reference prompts, or ablate z.",
    });
  }
  const unchanged = { hook: hooks[0], pos: "all", patch: ["scale", 1] } as const;
  const { clean } = await patch(model, reference, [unchanged], {
    read: activationReadout(hooks, model.cfg, "all"),
  });
  const values = (place: Place, prompt: number) =>
    valuesAt(siteOf(place), model, clean[prompt], prompt, reference[prompt].length);
  return {
    of: (place, prompt) => values(place, prompt).flat(),
    mean(place) {
      const rows = reference.flatMap((_, prompt) => values(place, prompt));
      return rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
    },
  };
}

/** `[position][number of the place]` */
function valuesAt(
  site: Site,
  model: HookedTransformer,
  reading: ActivationReading,
  prompt: number,
  length: number,
): number[][] {
  const { start, length: count } = spanOf(site, model, length);
  const size = sizeWithKeys(site.hook, model, length);
  return positionsOf(site.pos, length, prompt).map((position) => {
    const from = position * size + start;
    return Array.from(reading[site.hook].subarray(from, from + count));
  });
}
