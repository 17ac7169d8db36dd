import { InputError } from "../errors";
import type { HookPoint } from "../model/hook-points";
import { patchedActivations } from "./patch-kinds";
import { isOverKeys, positionsOf, type ResolvedPatch, type Span } from "./place";

/** The unpatched activations of all prompts. */
export interface CleanValues {
  /** How many prompts. */
  readonly prompts: number;
  /** Tokens of a prompt. */
  lengthOf(prompt: number): number;
  /** The numbers of an activation at one position, `[size]`. */
  valuesAt(hook: HookPoint, prompt: number, position: number): Float32Array;
}

/** What the numbers of a patched place become: put in place of what is there, or made from it. */
export type NewValues =
  | { readonly kind: "set"; at(i: number): number }
  | { readonly kind: "scale" | "add"; readonly by: number };

/**
 * The new numbers of a patched place at one of its positions, in float32 as the model computes.
 *
 * @param position in the prompt
 * @param span of the place in this prompt
 * @throws InputError if a given vector has another length, a number is not finite, or a mean or
 *   resample has no other prompt to take values from.
 */
export function newValues(
  patch: ResolvedPatch,
  prompt: number,
  position: number,
  span: Span,
  clean: CleanValues,
): NewValues {
  const { kind, value } = patch;
  switch (kind) {
    case "scale":
    case "add":
      return { kind, by: Math.fround(value as number) };
    case "zero":
      return { kind: "set", at: () => 0 };
    case "set":
      return { kind: "set", at: givenValues(patch, prompt, position, span, clean) };
    case "mean":
      return { kind: "set", at: meanValues(patch, position, span, clean) };
    case "resample":
      return { kind: "set", at: valuesOfAnother(patch, prompt, position, span, clean) };
  }
}

/** Whether a patch there changes nothing, bit for bit. */
export function leavesAsItIs(values: NewValues, original: Float32Array, span: Span): boolean {
  for (let i = 0; i < span.length; i++) {
    const before = original[span.start + i];
    if (!Object.is(changed(values, i, before), before)) return false;
  }
  return true;
}

/** What one number becomes; float32. */
export function changed(values: NewValues, i: number, before: number): number {
  if (values.kind === "set") return values.at(i);
  return Math.fround(values.kind === "scale" ? before * values.by : before + values.by);
}

function givenValues(
  { hook, value, pos }: ResolvedPatch,
  prompt: number,
  position: number,
  span: Span,
  clean: CleanValues,
): (i: number) => number {
  const given = typeof value === "function" ? value(prompt) : value;
  if (typeof given === "number") {
    const rounded = finite(given, hook);
    return () => rounded;
  }
  const positions = pos === "all" ? clean.lengthOf(prompt) : 1;
  const offset = given.length === span.length ? 0 : position * span.length;
  if (given.length !== span.length && given.length !== positions * span.length) {
    throw new InputError(`the values for ${hook.name} have another length than what they replace`, {
      found: String(given.length),
      expected: positions > 1 ? `${span.length} or ${positions} times as many` : `${span.length}`,
    });
  }
  return (i) => finite(given[offset + i], hook);
}

/** Attention scores may be −∞: the key is not looked at. */
function finite(value: number, hook: HookPoint): number {
  const rounded = Math.fround(value);
  if (Number.isFinite(rounded) || (isOverKeys(hook) && rounded === -Infinity)) return rounded;
  throw new InputError(`${hook.name} cannot be set to that`, {
    found: String(value),
    expected: "numbers that are finite in float32",
  });
}

function meanValues(
  { hook, pos }: ResolvedPatch,
  position: number,
  span: Span,
  clean: CleanValues,
): (i: number) => number {
  const rows: Float32Array[] = [];
  for (let prompt = 0; prompt < clean.prompts; prompt++) {
    const length = clean.lengthOf(prompt);
    if (isOverKeys(hook) && length !== clean.lengthOf(0)) {
      throw new InputError(`${hook.name} has no mean over prompts of different lengths`, {
        found: `${clean.lengthOf(0)} and ${length} tokens`,
      });
    }
    // Over the keys of one query there is nothing to average but the same query elsewhere.
    const positions =
      isOverKeys(hook) && pos === "all" ? [position] : positionsOf(pos, length, prompt);
    for (const at of positions) rows.push(clean.valuesAt(hook, prompt, at));
  }
  return (i) => {
    const sum = rows.reduce((total, row) => total + row[span.start + i], 0);
    return Math.fround(sum / rows.length);
  };
}

function valuesOfAnother(
  { hook, pos, value }: ResolvedPatch,
  prompt: number,
  position: number,
  span: Span,
  clean: CleanValues,
): (i: number) => number {
  const numbers = Array.from({ length: clean.prompts }, (_, number) => number);
  const source = patchedActivations(["resample", value as number], numbers)[prompt];
  const lengths = [prompt, source].map((number) => clean.lengthOf(number));
  if ((pos === "all" || isOverKeys(hook)) && lengths[0] !== lengths[1]) {
    throw new InputError(`a resample of ${hook.name} needs prompts of the same length`, {
      found: `prompt ${prompt} of ${lengths[0]} tokens and prompt ${source} of ${lengths[1]}`,
      remedy: isOverKeys(hook)
        ? "Resample q or k, or give prompts of the same length."
        : `Resample at one position, such as pos: "last".`,
    });
  }
  const [at] = pos === "all" ? [position] : positionsOf(pos, lengths[1], source);
  const row = clean.valuesAt(hook, source, at);
  return (i) => row[span.start + i];
}
