import { InputError } from "../errors";
import { sizeAtPosition } from "../heads/bind-head";
import type { GPT2Config } from "../model/config";
import { type HookName, layerOfHook, resolveHookName } from "../model/hook-names";
import { checkPatch, type Patch, type PatchKind } from "./patch";

/** Where in a prompt: its last token, a position (negative counts from the end), or everywhere. */
export type PatchPosition = "last" | "all" | number;

/** What a "set" puts there: one number, or one for each number of the site; or a choice by prompt. */
export type PatchValues =
  | number
  | ArrayLike<number>
  | ((prompt: number) => number | ArrayLike<number>);

/** A {@link Patch}, or one whose "set" takes whole vectors. */
export type SiteEdit =
  | Patch
  | readonly [kind: "zero" | "mean"]
  | readonly [kind: "set", values: PatchValues];

/** One place of the model. */
export interface Place {
  /** The activation, as `"blocks.8.mlp.hook_post"` or `["post", 8]`. */
  readonly hook: HookName;
  /** "last" if not given. In `attn_scores` and `pattern` it is the query's position. */
  readonly pos?: PatchPosition;
  /** Only this attention head, in `q`, `k`, `v`, `z`, `result`, `attn_scores` and `pattern`. */
  readonly head?: number;
  /** One number of the vector at that position (of the head); the whole vector if not given. */
  readonly index?: number;
}

/** An intervention on one place of the model. */
export interface SitePatch extends Place {
  /** What is done, such as `["zero"]`, `["scale", 2]` or `["set", vector]`. */
  readonly patch: SiteEdit;
}

/** What is changed in one run: one place, or several. */
export type Variant = SitePatch | readonly SitePatch[];

/** A {@link SitePatch}, checked. */
export interface Site {
  /** Its long name. */
  readonly hook: string;
  readonly pos: PatchPosition;
  readonly head: number | null;
  readonly index: number | null;
  readonly kind: PatchKind;
  readonly value: PatchValues;
}

/** Which of the numbers at one position: `length` of them from `start` on. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

type Sized = Parameters<typeof sizeAtPosition>[1];

/**
 * Checks a variant against the model.
 *
 * @throws InputError if it is empty, or a hook, head, index or patch is none of this model's.
 */
export function resolveVariant(variant: Variant, model: Sized, number: number): readonly Site[] {
  const patches = Array.isArray(variant)
    ? (variant as readonly SitePatch[])
    : [variant as SitePatch];
  if (patches.length === 0) {
    throw new InputError(`variant ${number} patches nothing`, { expected: "at least one patch" });
  }
  return patches.map((patch) => resolveSite(patch, model));
}

function resolveSite({ hook, pos = "last", head, index, patch }: SitePatch, model: Sized): Site {
  const name = resolveHookName(hook, model.cfg);
  if (pos !== "last" && pos !== "all" && !Number.isInteger(pos)) {
    throw new InputError("not a position", {
      found: JSON.stringify(pos),
      expected: `"last", "all" or a whole number`,
    });
  }
  checkHead(name, head, model.cfg);
  checkIndex(name, head, index, model);
  const [kind, value = 0] = patch as readonly [PatchKind, PatchValues?];
  if (kind === "set" && typeof value !== "number") checkValues(value, name);
  else checkPatch([kind, value as number]);
  return { hook: name, pos, head: head ?? null, index: index ?? null, kind, value };
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

function checkHead(hook: string, head: number | undefined, { n_heads }: GPT2Config): void {
  if (head === undefined) return;
  if (!hasHeads(hook)) {
    throw new InputError(`${hook} has no heads`, {
      found: `head ${head}`,
      remedy: "Leave out head, or patch q, k, v, z, result, attn_scores or pattern.",
    });
  }
  if (!Number.isInteger(head) || head < 0 || head >= n_heads) {
    throw new InputError("there is no such head", {
      found: String(head),
      expected: `a whole number from 0 to ${n_heads - 1}`,
    });
  }
}

function checkIndex(
  hook: string,
  head: number | undefined,
  index: number | undefined,
  model: Sized,
): void {
  if (index === undefined) return;
  const size = isOverKeys(hook)
    ? (head === undefined ? model.cfg.n_heads : 1) * model.cfg.n_ctx
    : head === undefined
      ? sizeAtPosition(hook, model)!
      : sizePerHead(hook, model.cfg, 0);
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new InputError(`there is no such index in ${hook}`, {
    found: String(index),
    expected: `a whole number from 0 to ${size - 1}`,
  });
}

/** Whether an activation is over pairs of positions, `[batch, n_heads, query, key]`. */
export function isOverKeys(hook: string): boolean {
  return /attn_scores$|pattern$/.test(hook);
}

function hasHeads(hook: string): boolean {
  return /attn\.hook_/.test(hook);
}

function sizePerHead(hook: string, { d_head, d_model }: GPT2Config, keys: number): number {
  if (isOverKeys(hook)) return keys;
  return hook.endsWith("hook_result") ? d_model : d_head;
}

/** How many numbers an activation has at one position, where queries see `keys` positions. */
export function sizeWithKeys(hook: string, model: Sized, keys: number): number {
  return sizeAtPosition(hook, model) ?? model.cfg.n_heads * keys;
}

/**
 * The site's place among the numbers at one position.
 *
 * @param keys number of keys, for attention scores and patterns
 * @throws InputError if the index is a key that the prompt does not have.
 */
export function spanOf({ hook, head, index }: Site, model: Sized, keys: number): Span {
  const size = sizeWithKeys(hook, model, keys);
  const perHead = head === null ? size : sizePerHead(hook, model.cfg, keys);
  if (index !== null && index >= perHead) {
    throw new InputError(`there is no such index in ${hook}`, {
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
 * A site's first position in a prompt of that length.
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

/** A site's positions in a prompt of that length. */
export function positionsOf(pos: PatchPosition, length: number, prompt: number): number[] {
  const first = firstPosition(pos, length, prompt);
  return pos === "all" ? Array.from({ length }, (_, position) => position) : [first];
}

/**
 * Where a run has to start for a patch there: −1 at the embeddings, 2·L before block L, 2·L + 1
 * before its MLP half, 2·n_layers before the unembedding.
 */
export function startOf(hook: string, cfg: Pick<GPT2Config, "n_layers">): number {
  const layer = layerOfHook(hook, cfg);
  if (layer < 0) return -1;
  if (hook.endsWith("hook_resid_post")) return 2 * (layer + 1);
  return 2 * layer + (/hook_resid_mid$|\.ln2\.|\.mlp\.|hook_mlp_out$/.test(hook) ? 1 : 0);
}
