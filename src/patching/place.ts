import { InputError } from "../errors";
import type { ModelConfig } from "../model/config";
import type { HookName } from "../model/hook-names";
import { type HookPoint, hookPoint } from "../model/hook-points";
import { checkPatch, type Patch, type PatchKind } from "./patch-kinds";

/** Where in a prompt: its last token, a position (negative counts from the end), or everywhere. */
export type PatchPosition = "last" | "all" | number;

/** What a "set" puts there: one number, or one for each number of the place; or a choice by prompt. */
export type PatchValues =
  | number
  | ArrayLike<number>
  | ((prompt: number) => number | ArrayLike<number>);

/** A {@link Patch}, or one whose "set" takes whole vectors. */
export type VectorPatch =
  | Patch
  | readonly [kind: "zero" | "mean"]
  | readonly [kind: "set", values: PatchValues];

/** One place of the model. */
export interface Place {
  /** The activation, as `"blocks.8.mlp.hook_post"` or `["post", 8]`. */
  readonly hook: HookName;
  /** "last" if not given. In `attn_scores` and `pattern` it is the query's position. */
  readonly pos?: PatchPosition;
  /**
   * Only this attention head, in `q`, `k`, `v`, `z`, `result`, `attn_scores` and `pattern`. In models
   * with fewer heads of keys and values it is one of those in `k`, `v` and `rot_k`; query head h reads
   * head ⌊h · n_key_value_heads / n_heads⌋.
   */
  readonly head?: number;
  /** One number of the vector at that position (of the head); the whole vector if not given. */
  readonly index?: number;
}

/** A place with what is done there. */
export interface PatchedPlace extends Place {
  /** What is done, such as `["zero"]`, `["scale", 2]` or `["set", vector]`. */
  readonly patch: VectorPatch;
}

/** What is changed in one run: one place, or several. */
export type Variant = PatchedPlace | readonly PatchedPlace[];

/** A {@link Place}, checked against the model. */
export interface ResolvedPlace {
  readonly hook: HookPoint;
  readonly pos: PatchPosition;
  readonly head: number | null;
  readonly index: number | null;
}

/** A {@link PatchedPlace}, checked against the model. */
export interface ResolvedPatch extends ResolvedPlace {
  readonly kind: PatchKind;
  readonly value: PatchValues;
}

/** Which of the numbers at one position: `length` of them from `start` on. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/**
 * Checks a variant against the model.
 *
 * @throws InputError if it is empty, or a hook, head, index or patch is none of this model's.
 */
export function resolveVariant(
  variant: Variant,
  { cfg }: { readonly cfg: ModelConfig },
  number: number,
): readonly ResolvedPatch[] {
  const patches = Array.isArray(variant)
    ? (variant as readonly PatchedPlace[])
    : [variant as PatchedPlace];
  if (patches.length === 0) {
    throw new InputError(`variant ${number} patches nothing`, { expected: "at least one patch" });
  }
  return patches.map((patch) => resolvePatch(patch, cfg));
}

/**
 * Checks a place against the model; nothing is said of what is done there.
 *
 * @throws InputError if a hook, head or index is none of this model's.
 */
export function resolvePlace(place: Place, { cfg }: { readonly cfg: ModelConfig }): ResolvedPlace {
  return resolvePatch({ ...place, patch: ["zero"] }, cfg);
}

function resolvePatch(
  { hook, pos = "last", head, index, patch }: PatchedPlace,
  cfg: ModelConfig,
): ResolvedPatch {
  const point = hookPoint(hook, cfg);
  if (pos !== "last" && pos !== "all" && !Number.isInteger(pos)) {
    throw new InputError("not a position", {
      found: JSON.stringify(pos),
      expected: `"last", "all" or a whole number`,
    });
  }
  checkHead(point, head, cfg);
  checkIndex(point, head, index, cfg);
  const [kind, value = 0] = patch as readonly [PatchKind, PatchValues?];
  if (kind === "set" && typeof value !== "number") checkValues(value, point.name);
  else checkPatch([kind, value as number]);
  return { hook: point, pos, head: head ?? null, index: index ?? null, kind, value };
}

function checkValues(value: unknown, hook: string): void {
  if (typeof value === "function" || typeof (value as ArrayLike<number>)?.length === "number") {
    return;
  }
  throw new InputError(`not what ${hook} can be set to`, {
    found: JSON.stringify(value),
    expected: "a number, a list of numbers, or a function of the prompt's number",
  });
}

function checkHead(
  { name, heads }: HookPoint,
  head: number | undefined,
  { n_heads }: ModelConfig,
): void {
  if (head === undefined) return;
  if (heads === undefined) {
    throw new InputError(`${name} has no heads`, {
      found: `head ${head}`,
      remedy: "Leave out head, or patch q, k, v, z, result, attn_scores or pattern.",
    });
  }
  if (Number.isInteger(head) && head >= 0 && head < heads) return;
  const isOfQuery = Number.isInteger(head) && head >= 0 && head < n_heads;
  throw new InputError(`there is no such head in ${name}`, {
    found: String(head),
    expected: heads === 1 ? "0" : `a whole number from 0 to ${heads - 1}`,
    remedy: isOfQuery
      ? `Query head ${head} reads key/value head ${Math.floor(head / (n_heads / heads))}.`
      : undefined,
  });
}

function checkIndex(
  hook: HookPoint,
  head: number | undefined,
  index: number | undefined,
  cfg: ModelConfig,
): void {
  if (index === undefined) return;
  const size =
    head === undefined ? sizeWithKeys(hook, cfg, cfg.n_ctx) : (hook.sizePerHead ?? cfg.n_ctx);
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new InputError(`there is no such index in ${hook.name}`, {
    found: String(index),
    expected: `a whole number from 0 to ${size - 1}`,
  });
}

/** Whether an activation is over pairs of positions, `[batch, n_heads, query, key]`. */
export function isOverKeys({ size }: HookPoint): boolean {
  return size === null;
}

/** How many numbers an activation has at one position, where queries see `keys` positions. */
export function sizeWithKeys(
  { size }: HookPoint,
  { n_heads }: Pick<ModelConfig, "n_heads">,
  keys: number,
): number {
  return size ?? n_heads * keys;
}

/**
 * Where a patched place lies among the numbers at one position.
 *
 * @param keys number of keys, for attention scores and patterns
 * @throws InputError if the index is a key that the prompt does not have.
 */
export function spanOf({ hook, head, index }: ResolvedPlace, cfg: ModelConfig, keys: number): Span {
  const perHead = head === null ? sizeWithKeys(hook, cfg, keys) : (hook.sizePerHead ?? keys);
  if (index !== null && index >= perHead) {
    throw new InputError(`there is no such index in ${hook.name}`, {
      found: String(index),
      expected: `less than ${perHead}, in a prompt of ${keys} tokens`,
    });
  }
  return {
    start: (head ?? 0) * perHead + (index ?? 0),
    length: index === null ? perHead : 1,
  };
}

/**
 * A place's first position in a prompt of that length.
 *
 * @throws InputError if the prompt has no such position.
 */
export function firstPosition(pos: PatchPosition, length: number, prompt: number): number {
  if (pos === "all") return 0;
  if (pos === "last") return length - 1;
  const position = pos < 0 ? length + pos : pos;
  if (position >= 0 && position < length) return position;
  throw new InputError(`prompt ${prompt} has no position ${pos}`, {
    found: `${length} tokens`,
    expected: "a position that every prompt has",
  });
}

/** A place's positions in a prompt of that length. */
export function positionsOf(pos: PatchPosition, length: number, prompt: number): number[] {
  const first = firstPosition(pos, length, prompt);
  return pos === "all" ? Array.from({ length }, (_, position) => position) : [first];
}
