import { InputError } from "../errors";
import { withoutBridge } from "./bridge-names";
import { keyValueHeads, type ModelConfig } from "./config";
import { getActName, type HookName, type HookPointName, unknownHook } from "./hook-names";
import {
  type Axis,
  BLOCK_HOOKS,
  EMBED_HOOKS,
  type HookRow,
  type Only,
  UNEMBED_HOOKS,
  type Way,
  type Write,
} from "./hook-table";
import { shown } from "./shown";

/** A place of a model at which activations can be read and replaced, as TransformerLens's `HookPoint`. */
export interface HookPoint {
  readonly name: HookPointName;
  /** The block; −1 before the first one, n_layers after the last one. */
  layer(): number;
  /** Its number in the order of the forward pass. */
  readonly order: number;
  /**
   * Where a run has to start for a change there to be seen: −1 at the embeddings, 2·L before block
   * L, 2·L + 1 before its MLP half, 2·n_layers before the unembedding.
   */
  readonly start: number;
  /** Its name inside its block, `mlp.hook_post`; null if it is in none. */
  readonly nameInBlock: string | null;
  /** The attention or MLP layer that it is inside of or comes out of. */
  readonly part: HookRow["part"];
  readonly axes: readonly Axis[];
  /** Sizes of its axes; null where the input decides. */
  readonly shape: readonly (number | null)[];
  /** How many numbers it has at one position; null if it is over pairs of positions. */
  readonly size: number | null;
  /** How many of them each attention head has (null over pairs of positions); undefined if it has no heads. */
  readonly sizePerHead: number | null | undefined;
  /** How many attention heads it has; undefined if it has none. */
  readonly heads: number | undefined;
  readonly writes: Write;
  /** Which of several ways beside one another in its block it is on, if it is on one. */
  readonly way?: Way;
}

/** The hook points of a model by name, in the order of the forward pass. */
export type HookDict = ReadonlyMap<HookPointName, HookPoint>;

/** Which activations: all, one, some, those that a function says yes to, or those a pattern matches. */
export type NamesFilter =
  | HookName
  | readonly HookName[]
  | RegExp
  | ((name: string) => boolean)
  | null
  | undefined;

const tables = new WeakMap<ModelConfig, HookDict>();

/** The table of a model's hook points; made once for a configuration. */
export function hookDict(cfg: ModelConfig): HookDict {
  const known = tables.get(cfg);
  if (known) return known;
  const points = hookPoints(cfg);
  const table = new Map(points.map((point) => [point.name, point]));
  tables.set(cfg, table);
  return table;
}

const OUTSIDE = { nameInBlock: null, part: null };

function hookPoints(cfg: ModelConfig): HookPoint[] {
  const { n_layers } = cfg;
  const embedRows: readonly (typeof EMBED_HOOKS)[number][] = EMBED_HOOKS.filter((row) =>
    hasRow(row, cfg),
  );
  const blockRows = BLOCK_HOOKS.filter((row) => hasRow(row, cfg)).map((row: HookRow) => ({
    ...row,
    // In a parallel block the MLP reads the stream before it: a run cannot start half-way.
    half: cfg.parallel_attn_mlp && row.half === 1 ? 0 : row.half,
    writes: writesOf(row, cfg),
  }));
  const rows = [
    ...embedRows.map((row) => ({ ...row, ...OUTSIDE, layer: -1, start: -1 })),
    ...Array.from({ length: n_layers }, (_, layer) =>
      blockRows.map(({ module, short, half, ...row }) => ({
        ...row,
        name: `blocks.${layer}.${module}hook_${short}` as HookPointName,
        nameInBlock: `${module}hook_${short}`,
        layer,
        start: 2 * layer + half,
      })),
    ).flat(),
    ...UNEMBED_HOOKS.map((row) => ({ ...row, ...OUTSIDE, layer: n_layers, start: 2 * n_layers })),
  ];
  return rows.map(({ layer, axes, ...row }, order) => {
    const shape = axes.map((axis) => axisSize(axis, cfg));
    return { ...row, axes, shape, order, layer: () => layer, ...sizes(axes, shape, cfg) };
  });
}

function hasRow(row: object, cfg: ModelConfig): boolean {
  const { only } = row as { readonly only?: Only };
  switch (only) {
    case undefined:
      return true;
    case "rotary":
      return cfg.positional_embedding_type === "rotary";
    case "learned":
      return cfg.positional_embedding_type === "standard";
    case "sequential":
      return !cfg.parallel_attn_mlp;
    case "gated":
      return cfg.gated_mlp;
    case "qk_norm":
      return cfg.use_qk_norm;
    case "post_norm":
      return cfg.use_normalization_before_and_after;
  }
}

/** A norm behind attention and MLP lets nothing of them through linearly, and a gate no `hook_pre`. */
function writesOf({ writes, short, part }: HookRow, cfg: ModelConfig): Write {
  if (writes === "act_fn" && cfg.gated_mlp) return null;
  const isInside = part !== null && short !== "attn_out" && short !== "mlp_out";
  return isInside && cfg.use_normalization_before_and_after ? null : writes;
}

function axisSize(axis: Axis, cfg: ModelConfig): number | null {
  if (axis === "one") return 1;
  if (axis === "head_index") return cfg.n_heads;
  if (axis === "key_value_head_index") return keyValueHeads(cfg);
  if (axis === "batch_pos_head_index" || axis === "batch_pos_key_value_head_index") return null;
  if (axis === "batch" || axis === "pos" || axis === "query_pos" || axis === "key_pos") return null;
  return cfg[axis];
}

function sizes(
  axes: readonly Axis[],
  shape: readonly (number | null)[],
  cfg: ModelConfig,
): Pick<HookPoint, "size" | "sizePerHead" | "heads"> {
  const headAxis = axes.find((axis) => axis.endsWith("head_index"));
  if (headAxis === undefined) {
    const size = shape.slice(2).reduce<number>((product, length) => product * length!, 1);
    return { size, sizePerHead: undefined, heads: undefined };
  }
  const heads = headAxis.endsWith("key_value_head_index") ? keyValueHeads(cfg) : cfg.n_heads;
  if (axes.includes("key_pos")) return { size: null, sizePerHead: null, heads };
  const sizePerHead = shape[shape.length - 1]!;
  return { size: heads * sizePerHead, sizePerHead, heads };
}

/**
 * A hook point of this model, by its name or that of TransformerLens 4; negative layers count from the end.
 *
 * @throws InputError if the model has no such hook; the nearest names are suggested.
 */
export function hookPoint(name: HookName, cfg: ModelConfig): HookPoint {
  const known = hookDict(cfg);
  const long = typeof name === "string" ? name : getActName(...shortName(name, cfg));
  const found =
    known.get(long as HookPointName) ??
    known.get(withoutBridge(spelledOut(long, cfg), cfg) as HookPointName);
  if (found) return found;
  throw (
    ofOtherModels(spelledOut(long, cfg), cfg) ??
    unknownHook(spelledOut(long, cfg), [...known.keys()])
  );
}

/** Which models have a hook that only some have. */
const HAVING: Readonly<Record<Only, string>> = {
  rotary: "a model that turns queries and keys by their positions",
  learned: "a model with learned positions",
  sequential: "a model whose MLP reads what attention gives; in this one both read resid_pre",
  gated: "a model with gated MLPs",
  qk_norm: "a model with norms of each head's queries and keys",
  post_norm: "a model with norms of what attention and MLP give",
};

/** The complaint about a name that models of another kind have; undefined if none has it. */
function ofOtherModels(name: string, cfg: ModelConfig): InputError | undefined {
  const rows: readonly { only?: Only; name: string }[] = [
    ...EMBED_HOOKS,
    ...BLOCK_HOOKS.map((row: HookRow) => ({ ...row, name: `${row.module}hook_${row.short}` })),
  ];
  const [, layer, inBlock] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (layer !== undefined && Number(layer) >= cfg.n_layers) return undefined;
  const only = rows.find((row) => row.name === (inBlock ?? name))?.only;
  if (only === undefined) return undefined;
  return new InputError("no such activation in this model", {
    found: shown(name),
    expected: HAVING[only],
  });
}

/**
 * The hook point that a name means in one block: a short name ("mlp_out"), one inside the block
 * ("ln1.hook_scale"), or a long one.
 *
 * @throws InputError if the model has no such hook.
 */
export function hookPointInLayer(name: string, layer: number, cfg: ModelConfig): HookPoint {
  const long = withoutBridge(`blocks.${layer}.${name}`, cfg);
  const inside = hookDict(cfg).get(long as HookPointName);
  return inside ?? hookPoint(getActName(name, layer), cfg);
}

/** A name with its layer counted from the front: `blocks.-1.hook_mlp_out`, `mlp_out3`. */
function spelledOut(name: string, cfg: ModelConfig): HookPointName {
  return getActName(
    name.replace(/^blocks\.(-\d+)\./, (_, layer) => `blocks.${resolveLayer(Number(layer), cfg)}.`),
  );
}

function shortName(
  name: unknown,
  cfg: ModelConfig,
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
  cfg: Pick<ModelConfig, "n_layers">,
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
 * The hook points that a filter chooses, in the order of the forward pass.
 *
 * @param fallback what no filter at all means
 * @throws InputError if a name matches nothing, or the filter as a whole matches nothing.
 */
export function filterHookPoints(
  filter: NamesFilter,
  cfg: ModelConfig,
  fallback: (point: HookPoint) => boolean,
): HookPoint[] {
  const known = [...hookDict(cfg).values()];
  if (filter === null || filter === undefined) return known.filter(fallback);
  if (isSingleName(filter)) return [hookPoint(filter, cfg)];
  if (Array.isArray(filter)) {
    const wanted = new Set(Array.from(filter as HookName[], (name) => hookPoint(name, cfg)));
    return known.filter((point) => wanted.has(point));
  }
  const matches = matcher(filter);
  const chosen = known.filter(({ name }) => matches(name));
  if (chosen.length === 0) {
    throw new InputError("the filter matches no activation", {
      found: shown(filter),
      expected: `names such as "${known[2].name}" or "${known[known.length - 3].name}"`,
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
