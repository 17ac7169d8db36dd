import { distance } from "fastest-levenshtein";
import { InputError } from "../errors";
import type { BridgeName } from "./bridge-names";
import {
  BLOCK_HOOKS,
  type EMBED_HOOKS,
  SHORT_NAME_ALIASES,
  type UNEMBED_HOOKS,
} from "./hook-table";
import { shown } from "./shown";

/**
 * Names of activations, as TransformerLens has them (`HookPoint` names and `utils.get_act_name`).
 */

type BlockRow = (typeof BLOCK_HOOKS)[number];
type LayerNormRow = Extract<BlockRow, { short: "scale" | "normalized" }>;

/** A hook point's long name, as `model.hookDict` and a cache have it. */
export type HookPointName =
  | (typeof EMBED_HOOKS)[number]["name"]
  | (BlockRow extends infer Row
      ? Row extends BlockRow
        ? `blocks.${number}.${Row["module"]}hook_${Row["short"]}`
        : never
      : never)
  | (typeof UNEMBED_HOOKS)[number]["name"];

/** Short names of a block's activations, aliases included; those of layer norms apart. */
export type ShortName =
  | Exclude<BlockRow["short"], LayerNormRow["short"]>
  | keyof typeof SHORT_NAME_ALIASES;

/** Short names of a layer norm's activations. */
export type LayerNormShortName = LayerNormRow["short"];

/** The layer norm that such a name belongs to. */
export type LayerNormName = "ln1" | "ln2" | "ln1_post" | "ln2_post";

/**
 * An activation by its long name (`"blocks.8.hook_mlp_out"`), by its short name with the layer in it
 * (`"mlp_out8"`, `"scale4ln1"`), or by both as in `["mlp_out", 8]`; those of layer norms with the norm,
 * `["scale", 8, "ln2"]`. A text made at run time becomes one by {@link getActName}.
 */
export type HookName =
  | HookPointName
  | BridgeName
  | "embed"
  | "pos_embed"
  | LayerNormShortName
  | `${ShortName}${number}`
  | `${LayerNormShortName}${number}${LayerNormName}`
  | readonly [shortName: ShortName, layer: number]
  | readonly [shortName: LayerNormShortName, layer: number, layerType: LayerNormName];

/** An activation as `cache.get` is asked for it: by one name, or by short name, layer and layer norm. */
export type CachedName =
  | readonly [name: HookName]
  | readonly [shortName: ShortName, layer: number]
  | readonly [shortName: LayerNormShortName, layer: number, layerType: LayerNormName];

const LAYER_NORMS: readonly LayerNormName[] = ["ln1", "ln2", "ln1_post", "ln2_post"];

/** `get_act_name`'s shorthand, such as "k6", "pre5" or "scale4ln1". */
const SHORTHAND = /^([a-z_]+)(\d+)([a-z]\w*)?$/;

const byShort = new Map<string, BlockRow>(BLOCK_HOOKS.map((row) => [row.short, row]));

/**
 * The long name of an activation, as TransformerLens's `utils.get_act_name`.
 *
 * @param name a short name ("mlp_out", "post", "pattern", …), one with its layer in it ("post8",
 *   "scale4ln1"), or a long one, which is returned as it is
 * @param layer the block; without one, layer-norm names mean the final layer norm
 * @param layerType "ln1" or "ln2", for "scale" and "normalized"
 * @throws InputError if there is no such short name, or a name of a block has no layer.
 * @example
 * getActName("mlp_out", 8); // "blocks.8.hook_mlp_out"
 * getActName("scale", 2, "ln1"); // "blocks.2.ln1.hook_scale"
 */
export function getActName(name: string, layer?: number, layerType?: string): HookPointName {
  return longName(name, layer, layerType) as HookPointName;
}

function longName(name: string, layer?: number, layerType?: string): string {
  if (typeof name !== "string") {
    throw new InputError("not the name of an activation", {
      found: shown(name),
      expected: `a name such as "mlp_out"`,
    });
  }
  if (name.includes("hook_")) return name;
  const shorthand = layer === undefined ? SHORTHAND.exec(name) : null;
  if (shorthand) return longName(shorthand[1], Number(shorthand[2]), shorthand[3]);
  if (name === "embed" || name === "pos_embed") return `hook_${name}`;
  const aliases: Readonly<Record<string, string>> = SHORT_NAME_ALIASES;
  const row = byShort.get(Object.hasOwn(aliases, name) ? aliases[name] : name);
  if (!row) throw unknownHook(name, ["embed", "pos_embed", ...byShort.keys()]);
  if (isOfLayerNorm(row)) {
    if (layer === undefined) return `ln_final.hook_${row.short}`;
    if (LAYER_NORMS.some((norm) => norm === layerType)) {
      return `blocks.${layer}.${layerType}.hook_${row.short}`;
    }
    throw new InputError(`"${name}" needs the layer norm it belongs to`, {
      found: shown(layerType),
      expected: `"ln1" or "ln2"`,
    });
  }
  if (layer === undefined) {
    throw new InputError(`"${name}" needs a layer`, { remedy: `Write it as ["${name}", 0].` });
  }
  return `blocks.${layer}.${row.module}hook_${row.short}`;
}

function isOfLayerNorm(row: BlockRow): row is LayerNormRow {
  return row.short === "scale" || row.short === "normalized";
}

/** The complaint about a name that is none of `known`; suggests the nearest of them. */
export function unknownHook(name: string, known: readonly string[]): InputError {
  const nearest = [...known].sort((a, b) => distance(a, name) - distance(b, name)).slice(0, 3);
  return new InputError("no such activation", {
    found: shown(name),
    remedy: `Did you mean ${nearest.map((candidate) => `"${candidate}"`).join(", ")}?`,
  });
}
