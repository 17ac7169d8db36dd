import type { GPT2Config } from "../model/config";
import { allHookNames, layerOfHook } from "../model/hook-names";
import type { Readout } from "./readout";
import { firstPosition, isOverKeys, type PatchPosition, type Site, startOf } from "./site";

/** Variants that can be run as one batch: they start at the same place. */
export interface VariantGroup {
  /** Where their run starts, see {@link startOf}. */
  readonly start: number;
  /**
   * The block whose MLP is not run, since each variant changes one number of it: what that number
   * writes to the residual stream is added there.
   */
  readonly writesOf: number | null;
  readonly hooks: readonly string[];
  readonly positions: readonly PatchPosition[];
  /** What is read before anything is patched. */
  readonly unpatchedReads: readonly string[];
  /** Numbers of the variants. */
  readonly variants: number[];
}

/** A group of no variants, for the unpatched readings. */
export function cleanGroup({ hooks, pos }: Reads, cfg: GPT2Config): VariantGroup {
  const start = Math.min(...hooks.map((hook) => startOf(hook, cfg)));
  return { start, writesOf: null, hooks: [], positions: [pos], unpatchedReads: [], variants: [] };
}

/** What is read, and where. */
type Reads = Pick<Readout<unknown>, "hooks" | "pos">;

/**
 * Puts variants that start at the same layer and position together, and leaves out those that
 * cannot reach anything that is read.
 *
 * @param reads long names of what is read
 */
export function variantGroups(
  variants: readonly (readonly Site[])[],
  reads: readonly string[],
  cfg: GPT2Config,
): { groups: readonly VariantGroup[]; unreachable: readonly number[] } {
  const order = new Map(allHookNames(cfg).map((hook, i) => [hook, i]));
  const lastRead = Math.max(...reads.map((hook) => order.get(hook)!));
  const groups = new Map<string, VariantGroup>();
  const unreachable: number[] = [];
  variants.forEach((sites, number) => {
    if (sites.every(({ hook }) => order.get(hook)! > lastRead)) {
      unreachable.push(number);
      return;
    }
    const layer = writingLayer(sites, reads, cfg);
    const writes = layer !== null;
    const start = writes
      ? 2 * (layer + 1)
      : Math.min(...sites.map(({ hook }) => startOf(hook, cfg)));
    const hooks = [...new Set(sites.map(({ hook }) => hook))].sort();
    const positions = [...new Set(sites.map(({ pos }) => (pos === -1 ? "last" : pos)))].sort();
    const key = JSON.stringify([start, writes || hooks, positions]);
    const group = groups.get(key);
    if (group) group.variants.push(number);
    else {
      const first = Math.min(...hooks.map((hook) => order.get(hook)!));
      const unpatchedReads = reads.filter((hook) => order.get(hook)! < first);
      const variants = [number];
      groups.set(key, { start, writesOf: layer, hooks, positions, unpatchedReads, variants });
    }
  });
  return { groups: [...groups.values()], unreachable };
}

/** The block whose MLP a variant changes in one number alone, if nothing of that MLP is read. */
function writingLayer(
  sites: readonly Site[],
  reads: readonly string[],
  cfg: GPT2Config,
): number | null {
  const [{ hook, index }] = sites;
  if (sites.length > 1 || index === null || !isInMlp(hook)) return null;
  const layer = layerOfHook(hook, cfg);
  return reads.some((read) => isInMlp(read) && layerOfHook(read, cfg) === layer) ? null : layer;
}

function isInMlp(hook: string): boolean {
  return /mlp\.hook_(pre|post)$|hook_mlp_out$/.test(hook);
}

/** Prompts whose patched rows have the same shape. */
export interface PromptBucket {
  /** Places of the prompts in their clean run. */
  readonly prompts: number[];
  /** First position that is run again, of each prompt. */
  readonly first: number[];
  /** How many positions are run again. */
  readonly length: number;
}

/**
 * @param lengths tokens of each prompt
 * @param exact also the same first position: wherever keys have places that are seen
 */
export function promptBuckets(
  positions: readonly PatchPosition[],
  lengths: readonly number[],
  numbers: readonly number[],
  exact: boolean,
): PromptBucket[] {
  const buckets = new Map<string, PromptBucket>();
  lengths.forEach((tokens, prompt) => {
    const first = Math.min(...positions.map((pos) => firstPosition(pos, tokens, numbers[prompt])));
    const length = tokens - first;
    const key = exact ? `${length} ${first}` : `${length}`;
    const bucket = buckets.get(key);
    if (bucket) {
      bucket.prompts.push(prompt);
      bucket.first.push(first);
    } else buckets.set(key, { prompts: [prompt], first: [first], length });
  });
  return [...buckets.values()];
}

/** Whether prompts of one bucket must start at the same position. */
export function needsExactPositions(
  hooks: readonly string[],
  { hooks: reads, pos }: Reads,
): boolean {
  return pos === "all" || [...hooks, ...reads].some(isOverKeys);
}
