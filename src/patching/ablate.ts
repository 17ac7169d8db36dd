import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import type { PromptInput } from "../heads/measured-prompts";
import type { NamesFilter } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { randomStream } from "../stats/random-stream";
import { type PatchOptions, type PatchResult, patch } from "./patch";
import type { PatchedPlace, Place } from "./place";
import { type ActivationReading, measuredFor, type Readout } from "./readout";
import { type ReferenceValues, referenceValues } from "./reference-values";

/** What stands in for an activation: nothing, its mean, or its value on another prompt. */
export type AblationKind = "zero" | "mean" | "resample";

export interface AblateOptions<R> extends PatchOptions<R> {
  readonly kind?: AblationKind;
  /**
   * The prompts whose mean, or one of whose values, is put in its place; the prompts themselves if
   * not given, where resampling takes the next one's value. Where a head is read, they end at the
   * token that it measures, too.
   */
  readonly reference?: PromptInput;
  /** Of the draws by which each prompt gets a reference prompt, for "resample". */
  readonly seed?: number;
}

export interface AblationResult<R> extends PatchResult<R> {
  /** `[prompt]` number of the reference prompt whose values it got; null if none was drawn. */
  readonly sources: readonly number[] | null;
}

/**
 * Takes parts of the model out, one place (or set of places) at a time, and reads what becomes of it.
 *
 * @param places neurons, heads or whole vectors; those in an inner list are taken out together
 * @throws InputError as `patch`, or if a reference prompt does not have the position.
 * @example
 * const heads = [0, 1, 2, 3].map((head) => ({ hook: ["z", 1], head }));
 * const { clean, patched } = await ablate(model, "Once upon a time", heads, {
 *   kind: "mean",
 *   reference: ["The king said", "It was night", "He went home"],
 *   read: ["resid_post", -1],
 * });
 */
export function ablate(
  model: HookedTransformer,
  prompts: PromptInput,
  places: readonly (Place | readonly Place[])[],
  options: AblateOptions<number> & { readonly read: BoundHead },
): Promise<AblationResult<number>>;
export function ablate(
  model: HookedTransformer,
  prompts: PromptInput,
  places: readonly (Place | readonly Place[])[],
  options: AblateOptions<number[]> & { readonly read: readonly BoundHead[] },
): Promise<AblationResult<number[]>>;
export function ablate<R>(
  model: HookedTransformer,
  prompts: PromptInput,
  places: readonly (Place | readonly Place[])[],
  options: AblateOptions<R> & { readonly read: Readout<R> },
): Promise<AblationResult<R>>;
export function ablate(
  model: HookedTransformer,
  prompts: PromptInput,
  places: readonly (Place | readonly Place[])[],
  options: AblateOptions<ActivationReading> & { readonly read: NonNullable<NamesFilter> },
): Promise<AblationResult<ActivationReading>>;
export async function ablate<R>(
  model: HookedTransformer,
  prompts: PromptInput,
  places: readonly (Place | readonly Place[])[],
  { kind = "zero", reference, seed = 0, ...options }: AblateOptions<R>,
): Promise<AblationResult<R>> {
  if (!["zero", "mean", "resample"].includes(kind)) {
    throw new InputError("not a kind of ablation", {
      found: JSON.stringify(kind),
      expected: `"zero", "mean" or "resample"`,
    });
  }
  const { prependBos } = options;
  const measured = measuredFor(options.read, model, prompts, { prependBos });
  const sets = places.map((set) => (Array.isArray(set) ? (set as Place[]) : [set as Place]));
  const others =
    reference === undefined || kind === "zero"
      ? null
      : measuredFor(options.read, model, reference, { prependBos });
  const sources =
    others && kind === "resample" ? drawn(measured.length, others.length, seed) : null;
  const values = others && (await referenceValues(model, others, sets.flat()));
  const patchOf = (place: Place): PatchedPlace => ({
    ...place,
    patch: values
      ? ["set", replacement(values, place, sources)]
      : [kind, kind === "resample" ? 1 : 0],
  });
  const variants = sets.map((set) => set.map(patchOf));
  const read = options.read as Readout<R>;
  return { ...(await patch(model, measured, variants, { ...options, read })), sources };
}

function replacement(
  values: ReferenceValues,
  place: Place,
  sources: readonly number[] | null,
): (prompt: number) => ArrayLike<number> {
  const mean = sources ? null : values.mean(place);
  return (prompt) => mean ?? values.of(place, sources![prompt]);
}

/** A reference prompt for each prompt. */
function drawn(prompts: number, references: number, seed: number): number[] {
  const stream = randomStream(seed, "resample ablation");
  return Array.from({ length: prompts }, () => stream.integer(0, references - 1));
}
