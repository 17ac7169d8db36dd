import type { ModelConfig } from "../model/config";
import { leadsTo } from "../model/hook-flow";
import type { HookPoint } from "../model/hook-points";
import { firstPosition, isOverKeys, type PatchPosition, type ResolvedPatch } from "./place";
import type { Readout } from "./readout";

/** So few rows are run at neighbouring positions together: their time is reading the weights. */
const MOST_JOINED_ROWS = 8;

/** Neighbours that are joined lie in a span of so many positions, which the later ones run in vain. */
const JOINED_SPAN = 8;

/** Variants that can be run as one batch: they start at the same place. */
export interface VariantGroup {
  /** Where their run starts, as a hook point's `start`. */
  readonly start: number;
  /**
   * The block whose MLP is not run, since each variant changes one number of it: what that number
   * writes to the residual stream is added there.
   */
  readonly writesOf: number | null;
  readonly hooks: readonly HookPoint[];
  readonly positions: PatchPosition[];
  /** What is read that nothing of what is patched leads to. */
  readonly unpatchedReads: readonly HookPoint[];
  /** Numbers of the variants. */
  readonly variants: number[];
}

/** A group of no variants, for the unpatched readings. */
export function cleanGroup({ reads, pos }: Reads): VariantGroup {
  const start = Math.min(...reads.map((hook) => hook.start));
  return { start, writesOf: null, hooks: [], positions: [pos], unpatchedReads: [], variants: [] };
}

/** What is read, and where. */
interface Reads extends Pick<Readout<unknown>, "pos"> {
  readonly reads: readonly HookPoint[];
}

/**
 * Puts variants that start at the same layer and position together, and leaves out those that
 * cannot reach anything that is read.
 *
 * @param isSeen whether a patch can change a reading of any prompt
 */
export function variantGroups(
  variants: readonly (readonly ResolvedPatch[])[],
  reads: readonly HookPoint[],
  cfg: ModelConfig,
  isSeen: (patch: ResolvedPatch, read: HookPoint) => boolean,
): { groups: readonly VariantGroup[]; unreachable: readonly number[] } {
  const groups = new Map<string, VariantGroup>();
  const unreachable: number[] = [];
  variants.forEach((patches, number) => {
    if (!patches.some((patch) => reads.some((read) => isSeen(patch, read)))) {
      unreachable.push(number);
      return;
    }
    const unpatchedReads = reads.filter(
      (read) => !patches.some(({ hook }) => leadsTo(hook, read, cfg)),
    );
    const layer = writingLayer(patches, reads);
    const writes = layer !== null;
    const start = writes ? 2 * (layer + 1) : Math.min(...patches.map(({ hook }) => hook.start));
    const hooks = [...new Set(patches.map(({ hook }) => hook))].sort((a, b) => a.order - b.order);
    const positions = [...new Set(patches.map(({ pos }) => (pos === -1 ? "last" : pos)))].sort();
    const key = JSON.stringify([start, writes || hooks.map(({ name }) => name), positions]);
    const group = groups.get(key);
    if (group) group.variants.push(number);
    else {
      const variants = [number];
      groups.set(key, { start, writesOf: layer, hooks, positions, unpatchedReads, variants });
    }
  });
  return { groups: [...groups.values()], unreachable };
}

/** The block whose MLP a variant changes in one number alone, if nothing of that MLP is read. */
function writingLayer(
  patches: readonly ResolvedPatch[],
  reads: readonly HookPoint[],
): number | null {
  const [{ hook, index }] = patches;
  if (patches.length > 1 || index === null || !isOfMlp(hook)) return null;
  const layer = hook.layer();
  return reads.some((read) => isOfMlp(read) && read.layer() === layer) ? null : layer;
}

/** Whether it is `mlp.hook_pre`, `mlp.hook_post` or `hook_mlp_out`. */
function isOfMlp({ part, writes }: HookPoint): boolean {
  return part === "mlp" && writes !== null;
}

/**
 * Groups of few variants that differ in their position alone, with their neighbours: each row is then run
 * from the first of their positions on.
 *
 * @param prompts how many are run with each variant
 */
export function joinedNeighbours(groups: readonly VariantGroup[], prompts: number): VariantGroup[] {
  const joined: VariantGroup[] = [];
  const open = new Map<string, { readonly group: VariantGroup; readonly first: number }>();
  for (const group of [...groups].sort(byPosition)) {
    const position = onlyPosition(group);
    const { start, writesOf, hooks } = group;
    const key = JSON.stringify([start, writesOf ?? hooks.map(({ name }) => name), position! < 0]);
    const before = position === null ? undefined : open.get(key);
    const rows = (other: VariantGroup) => prompts * (other.variants.length + group.variants.length);
    if (
      before &&
      position! - before.first < JOINED_SPAN &&
      rows(before.group) <= MOST_JOINED_ROWS
    ) {
      before.group.variants.push(...group.variants);
      before.group.positions.push(position!);
      continue;
    }
    const { variants, positions, ...rest } = group;
    const own = { ...rest, variants: [...variants], positions: [...positions] };
    joined.push(own);
    if (position !== null) open.set(key, { group: own, first: position });
  }
  return joined;
}

/** By their only position, so that neighbours follow one another. */
function byPosition(a: VariantGroup, b: VariantGroup): number {
  return (onlyPosition(a) ?? 0) - (onlyPosition(b) ?? 0);
}

function onlyPosition({ positions }: VariantGroup): number | null {
  const [position] = positions;
  return positions.length === 1 && typeof position === "number" ? position : null;
}

/** Prompts whose patched rows have the same shape. */
export interface PromptGroup {
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
export function promptGroups(
  positions: readonly PatchPosition[],
  lengths: readonly number[],
  numbers: readonly number[],
  exact: boolean,
): PromptGroup[] {
  const groups = new Map<string, PromptGroup>();
  lengths.forEach((tokens, prompt) => {
    const first = Math.min(...positions.map((pos) => firstPosition(pos, tokens, numbers[prompt])));
    const length = tokens - first;
    const key = exact ? `${length} ${first}` : `${length}`;
    const group = groups.get(key);
    if (group) {
      group.prompts.push(prompt);
      group.first.push(first);
    } else groups.set(key, { prompts: [prompt], first: [first], length });
  });
  return [...groups.values()];
}

/** Whether prompts of one group must start at the same position. */
export function needsExactPositions(hooks: readonly HookPoint[], { reads, pos }: Reads): boolean {
  return pos === "all" || [...hooks, ...reads].some(isOverKeys);
}
