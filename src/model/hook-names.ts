import { distance } from "fastest-levenshtein";
import { InputError } from "../errors";
import type { GPT2Config } from "./config";
import { shown } from "./shown";

/**
 * Names of activations, as TransformerLens has them (`HookPoint` names and `utils.get_act_name`).
 */

const RESIDUAL_HOOKS = ["resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post"] as const;
const ATTENTION_HOOKS = ["q", "k", "v", "attn_scores", "pattern", "z", "result"] as const;
const MLP_HOOKS = ["pre", "post"] as const;
const LAYER_NORM_HOOKS = ["scale", "normalized"] as const;

/** Other spellings that `get_act_name` accepts. */
const SHORT_NAME_ALIASES: Readonly<Record<string, string>> = {
  attn: "pattern",
  attn_logits: "attn_scores",
  query: "q",
  key: "k",
  value: "v",
  mlp_pre: "pre",
  mlp_post: "post",
};

/**
 * An activation by its long name, or by its short name and layer as in `("mlp_out", 8)`; those of layer
 * norms with the norm, `("scale", 8, "ln2")`.
 */
export type HookName =
  | string
  | readonly [shortName: string, layer: number]
  | readonly [shortName: string, layer: number, layerType: string];

/** `get_act_name`'s shorthand, such as "k6", "pre5" or "scale4ln1". */
const SHORTHAND = /^([a-z_]+)(\d+)([a-z]\w*)?$/;

/** Which activations: all, one, some, those that a function says yes to, or those a pattern matches. */
export type NamesFilter =
  | HookName
  | readonly HookName[]
  | RegExp
  | ((name: string) => boolean)
  | null
  | undefined;

/** Every hook of one block in the order in which the forward pass reaches them. */
function blockHookNames(layer: number): string[] {
  const block = `blocks.${layer}`;
  return [
    `${block}.hook_resid_pre`,
    ...LAYER_NORM_HOOKS.map((hook) => `${block}.ln1.hook_${hook}`),
    ...ATTENTION_HOOKS.map((hook) => `${block}.attn.hook_${hook}`),
    `${block}.hook_attn_out`,
    `${block}.hook_resid_mid`,
    ...LAYER_NORM_HOOKS.map((hook) => `${block}.ln2.hook_${hook}`),
    ...MLP_HOOKS.map((hook) => `${block}.mlp.hook_${hook}`),
    `${block}.hook_mlp_out`,
    `${block}.hook_resid_post`,
  ];
}

/** Every hook point of a model, in the order in which the forward pass reaches them. */
export function allHookNames(cfg: Pick<GPT2Config, "n_layers">): string[] {
  return [
    "hook_embed",
    "hook_pos_embed",
    ...Array.from({ length: cfg.n_layers }, (_, layer) => blockHookNames(layer)).flat(),
    ...LAYER_NORM_HOOKS.map((hook) => `ln_final.hook_${hook}`),
    "unembed.hook_in",
    "unembed.hook_out",
  ];
}

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
export function getActName(name: string, layer?: number, layerType?: string): string {
  if (typeof name !== "string") {
    throw new InputError("not the name of an activation", {
      found: shown(name),
      expected: `a name such as "mlp_out"`,
    });
  }
  if (name.includes("hook_")) return name;
  const shorthand = layer === undefined ? SHORTHAND.exec(name) : null;
  if (shorthand) return getActName(shorthand[1], Number(shorthand[2]), shorthand[3]);
  const short = Object.hasOwn(SHORT_NAME_ALIASES, name) ? SHORT_NAME_ALIASES[name] : name;
  if (short === "embed" || short === "pos_embed") return `hook_${short}`;
  if (includes(LAYER_NORM_HOOKS, short)) {
    if (layer === undefined) return `ln_final.hook_${short}`;
    if (layerType === "ln1" || layerType === "ln2") {
      return `blocks.${layer}.${layerType}.hook_${short}`;
    }
    throw new InputError(`"${name}" needs the layer norm it belongs to`, {
      found: shown(layerType),
      expected: `"ln1" or "ln2"`,
    });
  }
  const module = includes(RESIDUAL_HOOKS, short)
    ? ""
    : includes(ATTENTION_HOOKS, short)
      ? "attn."
      : includes(MLP_HOOKS, short)
        ? "mlp."
        : null;
  if (module === null) throw unknownHook(name, shortNames());
  if (layer === undefined) {
    throw new InputError(`"${name}" needs a layer`, { remedy: `Write it as ["${name}", 0].` });
  }
  return `blocks.${layer}.${module}hook_${short}`;
}

/**
 * The long name of a hook that this model has; negative layers count from the end.
 *
 * @throws InputError if the model has no such hook; the nearest names are suggested.
 */
export function resolveHookName(name: HookName, cfg: Pick<GPT2Config, "n_layers">): string {
  const long =
    typeof name === "string"
      ? getActName(
          name.replace(
            /^blocks\.(-\d+)\./,
            (_, layer) => `blocks.${resolveLayer(Number(layer), cfg)}.`,
          ),
        )
      : getActName(...shortName(name, cfg));
  const known = allHookNames(cfg);
  if (!known.includes(long)) throw unknownHook(long, known);
  return long;
}

function shortName(
  name: unknown,
  cfg: Pick<GPT2Config, "n_layers">,
): [name: string, layer: number, layerType: string | undefined] {
  if (Array.isArray(name)) return [name[0], resolveLayer(name[1], cfg), name[2]];
  throw new InputError("not the name of an activation", {
    found: shown(name),
    expected: `a name, or one with its layer such as ["mlp_out", 0]`,
  });
}

/**
 * A layer's index, where negative ones count from the end.
 *
 * @throws InputError if the model has no such layer.
 */
export function resolveLayer(
  layer: number,
  cfg: Pick<GPT2Config, "n_layers">,
  what = "layer",
): number {
  const index = Number.isInteger(layer) && layer < 0 ? layer + cfg.n_layers : layer;
  if (!Number.isInteger(layer) || index < 0 || index >= cfg.n_layers) {
    throw new InputError(`${what} is out of range`, {
      found: shown(layer),
      expected: `a whole number from ${-cfg.n_layers} to ${cfg.n_layers - 1}`,
    });
  }
  return index;
}

/**
 * The hooks that a filter chooses, in the order of the forward pass.
 *
 * @param fallback what no filter at all means
 * @throws InputError if a name matches nothing, or the filter as a whole matches nothing.
 */
export function filterHookNames(
  filter: NamesFilter,
  cfg: Pick<GPT2Config, "n_layers">,
  fallback: (name: string) => boolean,
): string[] {
  const known = allHookNames(cfg);
  if (filter === null || filter === undefined) return known.filter(fallback);
  if (isSingleName(filter)) return [resolveHookName(filter, cfg)];
  if (Array.isArray(filter)) {
    const wanted = new Set(Array.from(filter as HookName[], (name) => resolveHookName(name, cfg)));
    return known.filter((name) => wanted.has(name));
  }
  const chosen = known.filter(matcher(filter));
  if (chosen.length === 0) {
    throw new InputError("the filter matches no activation", {
      found: shown(filter),
      expected: `names such as "${known[2]}" or "${known[known.length - 3]}"`,
    });
  }
  return chosen;
}

/**
 * Says yes to the names that a pattern or a function chooses.
 *
 * @throws InputError if it is neither.
 */
export function matcher(filter: unknown): (name: string) => boolean {
  if (typeof filter === "function") return (name) => Boolean(filter(name));
  if (filter instanceof RegExp) return (name) => name.search(filter) >= 0;
  throw new InputError("not a choice of activations", {
    found: shown(filter),
    expected: "a name, a list of names, a pattern or a function",
  });
}

function isSingleName(filter: NonNullable<NamesFilter>): filter is HookName {
  if (typeof filter === "string") return true;
  return Array.isArray(filter) && typeof filter[0] === "string" && typeof filter[1] === "number";
}

/** Block that a hook belongs to; −1 for the embeddings, n_layers for what follows the last block. */
export function layerOfHook(name: string, cfg: Pick<GPT2Config, "n_layers">): number {
  const match = /^blocks\.(\d+)\./.exec(name);
  if (match) return Number(match[1]);
  return name.startsWith("hook_") ? -1 : cfg.n_layers;
}

function shortNames(): string[] {
  return [
    "embed",
    "pos_embed",
    ...RESIDUAL_HOOKS,
    ...ATTENTION_HOOKS,
    ...MLP_HOOKS,
    ...LAYER_NORM_HOOKS,
  ];
}

function unknownHook(name: string, known: readonly string[]): InputError {
  const nearest = [...known].sort((a, b) => distance(a, name) - distance(b, name)).slice(0, 3);
  return new InputError("no such activation", {
    found: shown(name),
    remedy: `Did you mean ${nearest.map((candidate) => `"${candidate}"`).join(", ")}?`,
  });
}

function includes(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
