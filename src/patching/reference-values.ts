import { InputError } from "../errors";
import type { MeasuredPrompts } from "../heads/measured-prompts";
import type { HookedTransformer } from "../model/hooked-transformer";
import { patch } from "./patch";
import { isOverKeys, type Place, positionsOf, resolvePlace, sizeWithKeys, spanOf } from "./place";
import { type ActivationReading, activationReadout } from "./readout";

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
  reference: MeasuredPrompts,
  places: readonly Place[],
): Promise<ReferenceValues> {
  const hooks = [...new Set(places.map((place) => resolvePlace(place, model).hook))];
  const names = hooks.map(({ name }) => name);
  const overKeys = hooks.find(isOverKeys);
  if (overKeys) {
    throw new InputError(`${overKeys.name} of other prompts has other keys`, {
      remedy: "Ablate it without reference prompts, or ablate z.",
    });
  }
  const unchanged = { hook: names[0], pos: "all", patch: ["scale", 1] } as const;
  const { clean, tokens } = await patch(model, reference, [unchanged], {
    read: activationReadout(names, model.cfg, "all"),
  });
  const values = (place: Place, prompt: number) =>
    placeValues(model, place, clean[prompt], prompt, tokens[prompt].length);
  return {
    of: (place, prompt) => values(place, prompt).flat(),
    mean(place) {
      const rows = tokens.flatMap((_, prompt) => values(place, prompt));
      return rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
    },
  };
}

/**
 * What a place holds in a prompt's activations at all positions.
 *
 * @returns `[position][number of the place]`
 */
export function placeValues(
  model: HookedTransformer,
  place: Place,
  reading: ActivationReading,
  prompt: number,
  length: number,
): number[][] {
  const resolved = resolvePlace(place, model);
  const { start, length: count } = spanOf(resolved, model.cfg, length);
  const size = sizeWithKeys(resolved.hook, model.cfg, length);
  return positionsOf(resolved.pos, length, prompt).map((position) => {
    const from = position * size + start;
    return Array.from(reading[resolved.hook.name].subarray(from, from + count));
  });
}
