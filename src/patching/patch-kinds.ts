import { InputError } from "../errors";

/** What a patch does to one activation. */
export const PATCH_KINDS = ["set", "scale", "zero", "add", "mean", "resample"] as const;
export type PatchKind = (typeof PATCH_KINDS)[number];

/**
 * An intervention on one neuron at one position:
 * `["set", v]`, `["scale", factor]`, `["zero", 0]`, `["add", v]`, `["mean", 0]` (the neuron's mean
 * over the prompts), `["resample", k]` (its value on the prompt k places further on, wrapping around).
 */
export type Patch = readonly [kind: PatchKind, value: number];

const WITH_VALUE: readonly PatchKind[] = ["set", "scale", "add"];

/**
 * Reads a patch as written on the command line: `set:0`, `add:-1.25`, `scale:2`, `zero`, `mean`,
 * `resample` (the next prompt) or `resample:3`.
 *
 * @throws InputError if the kind is unknown or the number is missing or not one.
 */
export function parsePatch(text: string): Patch {
  const [kind, value, ...rest] = text.split(":");
  if (!isPatchKind(kind) || rest.length > 0) throw notAPatch(text);
  if (value === undefined) {
    if (WITH_VALUE.includes(kind)) throw notAPatch(text);
    return checkPatch([kind, kind === "resample" ? 1 : 0]);
  }
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number)) throw notAPatch(text);
  return checkPatch([kind, number]);
}

/** @throws InputError if the patch is not one of the kinds, or its number is not usable. */
export function checkPatch(patch: Patch): Patch {
  const [kind, value] = patch;
  const whole = kind !== "resample" || Number.isInteger(value);
  // The model computes in float32, where 1e39 is infinite.
  if (!isPatchKind(kind) || !Number.isFinite(Math.fround(value)) || !whole)
    throw notAPatch(patchText(patch));
  return patch;
}

/**
 * The activations that a patch puts in place of `originals` (one a prompt), in float32 as the model
 * computes.
 *
 * @throws InputError for a resample with fewer than two prompts, or onto the same prompt.
 */
export function patchedActivations(patch: Patch, originals: readonly number[]): number[] {
  const [kind, value] = checkPatch(patch);
  const n = originals.length;
  switch (kind) {
    case "set":
      return originals.map(() => Math.fround(value));
    case "scale":
      return originals.map((original) => Math.fround(original * Math.fround(value)));
    case "zero":
      return originals.map(() => 0);
    case "add":
      return originals.map((original) => Math.fround(original + Math.fround(value)));
    case "mean": {
      const mean = originals.reduce((sum, original) => sum + original, 0) / n;
      return originals.map(() => Math.fround(mean));
    }
    case "resample": {
      if (n < 2 || value % n === 0) {
        throw new InputError("a resample needs another prompt to take the value from", {
          found: `${n} prompt${n === 1 ? "" : "s"}, resample by ${value}`,
          expected: "at least two prompts and a step that is no multiple of their number",
        });
      }
      return originals.map((_, i) => originals[(((i + value) % n) + n) % n]);
    }
  }
}

function isPatchKind(kind: string): kind is PatchKind {
  return (PATCH_KINDS as readonly string[]).includes(kind);
}

/** As JSON, which would write NaN as null. */
function patchText([kind, value]: Patch): string {
  const isNumber = typeof value === "number";
  return `[${JSON.stringify(kind)},${isNumber ? value : JSON.stringify(value)}]`;
}

function notAPatch(text: string): InputError {
  return new InputError("not a patch", {
    found: text || "nothing",
    expected: "set:VALUE, scale:FACTOR, add:VALUE, zero, mean, resample or resample:STEP",
  });
}
