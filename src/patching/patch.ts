import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import type { MeasuredPrompts, PromptInput } from "../heads/measured-prompts";
import { leadsTo, leadsToLater } from "../model/hook-flow";
import { type HookPoint, hookPoint, type NamesFilter } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { TokenOptions } from "../model/token-batch";
import { interruptible } from "../progress/interrupt";
import { type Progress, silentProgress } from "../progress/progress";
import {
  type CleanRun,
  cleanRun,
  cleanTokens,
  cleanValues,
  DEFAULT_MAX_BYTES,
  promptBatches,
} from "./clean-run";
import type { CleanRuns } from "./clean-runs";
import { type CleanValues, changed, leavesAsItIs, newValues } from "./new-values";
import type { PatchedNumber, PatchJob } from "./patch-job";
import { patchedRows } from "./patched-rows";
import {
  firstPosition,
  positionsOf,
  type ResolvedPatch,
  resolveVariant,
  spanOf,
  type Variant,
} from "./place";
import {
  type ActivationReading,
  measuredFor,
  type Readout,
  type ReadoutInput,
  readoutOf,
} from "./readout";
import { sharedHeadWarnings } from "./shared-heads";
import { neededActivations } from "./suffix-run";
import {
  cleanGroup,
  joinedNeighbours,
  needsExactPositions,
  promptGroups,
  type VariantGroup,
  variantGroups,
} from "./variant-groups";

export interface PatchOptions<R> extends TokenOptions {
  /**
   * Where it is a head, or several, a prompt ends, and is patched "last", at the token that the head
   * measures.
   */
  readonly read: ReadoutInput<R>;
  /** Memory for what is computed at one time, in bytes; patched runs are split into batches by it. */
  readonly maxBytes?: number;
  /** Unpatched runs that are kept for several calls: `cleanRuns(model, prompts)`. */
  readonly clean?: Pick<CleanRuns, "run">;
  /** `[prompt]` what an earlier call, that read the same of these prompts, gave as `clean`: it is not read again. */
  readonly unpatched?: readonly R[];
  /** Told how many patched runs are done, of prompts × variants. */
  readonly progress?: Progress;
  /** Stops the work between two batches; what is done so far is returned. */
  readonly signal?: AbortSignal;
}

export interface PatchResult<R> {
  /** Token ids of each prompt that were run. */
  readonly tokens: readonly (readonly number[])[];
  /** `[prompt]` unpatched. */
  readonly clean: readonly R[];
  /** `[variant][prompt]`; null where the work was stopped before. */
  readonly patched: readonly (readonly (R | null)[])[];
  /** `[variant][prompt]` the patched number; null for a variant that patches more than one. */
  readonly activation: readonly (readonly (PatchedNumber | null)[])[];
  /** Whether all of it was done. */
  readonly isComplete: boolean;
  /** What the reader has to know; often empty. */
  readonly warnings: readonly string[];
}

/**
 * Runs prompts with parts of the model patched, and reads what becomes of it.
 *
 * Only what a patch can change is computed: the prompts are run once, and each variant from its
 * first patched position and layer on, all variants of all prompts in large batches. The numbers are
 * those of full runs with hooks. A variant that changes nothing gives the unpatched reading, bit for
 * bit. "mean" and "resample" take their values from the other prompts.
 *
 * @param prompts texts or token ids, of any lengths, or measured prompts
 * @param variants what is patched: one place each, or several
 * @throws InputError if there is no prompt or no variant, a prompt cannot be run, or a variant names
 *   a hook, position, head or index that is not there or values that do not fit it.
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const { clean, patched } = await patch(
 *   model,
 *   ["Once upon a time", "The king said"],
 *   [0, 1, 2].map((index) => ({ hook: ["post", 2], index, patch: ["zero"] })),
 *   { read: ["resid_post", -1] },
 * );
 * const name = "blocks.3.hook_resid_post";
 * console.log(patched[1][0][name][5] - clean[0][name][5]); // neuron 1 zeroed, first prompt
 */
export function patch(
  model: HookedTransformer,
  prompts: PromptInput,
  variants: readonly Variant[],
  options: PatchOptions<number> & { readonly read: BoundHead },
): Promise<PatchResult<number>>;
export function patch(
  model: HookedTransformer,
  prompts: PromptInput,
  variants: readonly Variant[],
  options: PatchOptions<number[]> & { readonly read: readonly BoundHead[] },
): Promise<PatchResult<number[]>>;
export function patch<R>(
  model: HookedTransformer,
  prompts: PromptInput,
  variants: readonly Variant[],
  options: PatchOptions<R> & { readonly read: Readout<R> },
): Promise<PatchResult<R>>;
export function patch(
  model: HookedTransformer,
  prompts: PromptInput,
  variants: readonly Variant[],
  options: PatchOptions<ActivationReading> & { readonly read: NonNullable<NamesFilter> },
): Promise<PatchResult<ActivationReading>>;
export async function patch<R>(
  model: HookedTransformer,
  prompts: PromptInput,
  variants: readonly Variant[],
  options: PatchOptions<R>,
): Promise<PatchResult<R>> {
  const { prependBos, maxBytes = DEFAULT_MAX_BYTES, clean, unpatched = [] } = options;
  if (variants.length === 0) {
    throw new InputError("there is no variant to run", { expected: "at least one patch" });
  }
  if (!(maxBytes > 0)) {
    throw new InputError("not an amount of memory", {
      found: String(maxBytes),
      expected: "a number of bytes",
    });
  }
  const { tokens } = measuredFor(options.read, model, prompts, { prependBos });
  if (unpatched.length > 0 && unpatched.length !== tokens.length) {
    throw new InputError("these unpatched readings are not of these prompts", {
      found: String(unpatched.length),
      expected: `${tokens.length}, one a prompt`,
    });
  }
  const readout = readoutOf(options.read, model) as Readout<R>;
  const job: PatchJob<R> = {
    model,
    tokens,
    variants: variants.map((variant, number) => resolveVariant(variant, model, number)),
    readout,
    reads: readout.hooks.map((name) => hookPoint(name, model.cfg)),
    maxBytes,
    cleanRun: (numbers, hooks) =>
      clean ? clean.run(model, tokens, numbers, hooks) : cleanRun(model, tokens, numbers, hooks),
    progress: options.progress ?? silentProgress,
    signal: options.signal,
    clean: [...unpatched],
    patched: variants.map(() => []),
    activation: variants.map(() => []),
    rowsDone: 0,
  };
  return interruptible(() => run(job), options.signal);
}

/**
 * Activations of the unpatched runs that `patch` takes for these variants: who keeps runs for several calls
 * can have all of them made at once.
 */
export function neededForPatch<R>(
  model: HookedTransformer,
  prompts: MeasuredPrompts,
  variants: readonly Variant[],
  read: ReadoutInput<R>,
): HookPoint[] {
  const readout = readoutOf(read, model);
  const wanted = {
    ...{ model, readout, tokens: prompts.tokens },
    reads: readout.hooks.map((name) => hookPoint(name, model.cfg)),
    variants: variants.map((variant, number) => resolveVariant(variant, model, number)),
  };
  const { groups } = variantGroups(wanted.variants, wanted.reads, model.cfg, isSeen(wanted));
  return captured(wanted, groups, hooksOf(wanted.variants));
}

function hooksOf(variants: readonly (readonly ResolvedPatch[])[]): HookPoint[] {
  return [...new Set(variants.flat().map(({ hook }) => hook))];
}

async function run<R>(job: PatchJob<R>): Promise<PatchResult<R>> {
  const { model, tokens, variants, readout } = job;
  const hooks = hooksOf(variants);
  const { reads } = job;
  const exact = needsExactPositions(hooks, { reads, pos: readout.pos });
  const { groups: apart, unreachable } = variantGroups(variants, reads, model.cfg, isSeen(job));
  // Where keys have places that are seen, each position's rows are of another size.
  const groups = exact ? apart : joinedNeighbours(apart, tokens.length);
  const all = tokens.map((_, number) => number);
  const batches = readout.jointly
    ? [all]
    : promptBatches(tokens, cleanTokens(job.maxBytes, model.cfg), exact);
  const reference = takesFromOthers(variants) && batches.length > 1 ? batches : [];
  const others = reference.map((batch) => job.cleanRun(batch, hooks));
  try {
    for (const batch of batches) {
      const clean = job.cleanRun(batch, captured(job, groups, hooks));
      try {
        const values = cleanValues(tokens, others.length > 0 ? others : [clean]);
        await runBatch(job, clean, groups, values, exact);
      } finally {
        clean.dispose();
      }
    }
  } finally {
    for (const run of others) run.dispose();
  }
  const done = job.patched.map((ofVariant) => all.map((prompt) => ofVariant[prompt] ?? null));
  return {
    tokens,
    clean: job.clean,
    patched: done,
    activation: job.activation,
    isComplete: done.flat().every((reading) => reading !== null),
    warnings: [
      ...unreachableWarnings(job, unreachable),
      ...sharedHeadWarnings(variants, model.cfg),
    ],
  };
}

function takesFromOthers(variants: readonly (readonly ResolvedPatch[])[]): boolean {
  return variants.flat().some(({ kind }) => kind === "mean" || kind === "resample");
}

/** What a call of `patch` has to do. */
type Wanted = Pick<PatchJob<unknown>, "model" | "tokens" | "reads"> & {
  readonly readout: Pick<Readout<unknown>, "pos">;
};

/** Activations that are needed of the clean run. */
function captured(
  { model: { cfg }, readout: { pos }, reads }: Wanted,
  groups: readonly VariantGroup[],
  hooks: readonly HookPoint[],
): HookPoint[] {
  const needed = new Set([...hooks, ...groups.flatMap((group) => group.unpatchedReads)]);
  if (pos === "all") for (const hook of reads) needed.add(hook);
  for (const { start } of [...groups, cleanGroup({ reads, pos })]) {
    for (const hook of neededActivations(start, reads, cfg)) needed.add(hook);
  }
  return [...needed];
}

async function runBatch<R>(
  job: PatchJob<R>,
  clean: CleanRun,
  groups: readonly VariantGroup[],
  values: CleanValues,
  exact: boolean,
): Promise<void> {
  const lengths = clean.tokens.map((ids) => ids.length);
  const changes = changesOf(job, clean, values);
  for (const group of groups) {
    for (const prompts of promptGroups(group.positions, lengths, clean.numbers, exact)) {
      await patchedRows(job, clean, group, prompts, changes, values);
    }
  }
  const unread = cleanGroup({ reads: job.reads, pos: job.readout.pos });
  for (const prompts of promptGroups(unread.positions, lengths, clean.numbers, exact)) {
    await patchedRows(job, clean, unread, prompts, changes, values);
  }
  if (job.signal?.aborted) return;
  // A variant that changes nothing, or nothing that is read, leaves the reading as it is.
  for (const ofVariant of job.patched) {
    for (const prompt of clean.numbers) ofVariant[prompt] ??= job.clean[prompt];
  }
}

/** `[variant][place in the clean run]` whether the patch changes anything; notes single numbers. */
function changesOf(job: PatchJob<unknown>, clean: CleanRun, values: CleanValues): boolean[][] {
  const { model, variants, tokens } = job;
  return variants.map((patches, variant) =>
    clean.numbers.map((prompt) => {
      const keys = tokens[prompt].length;
      let isChanged = false;
      for (const one of patches) {
        const span = spanOf(one, model.cfg, keys);
        for (const position of positionsOf(one.pos, keys, prompt)) {
          const original = values.valuesAt(one.hook, prompt, position);
          const given = newValues(one, prompt, position, span, values);
          if (!leavesAsItIs(given, original, span)) isChanged = true;
          const isSingle = patches.length === 1 && span.length === 1 && one.pos !== "all";
          const before = original[span.start];
          job.activation[variant][prompt] = isSingle
            ? { clean: before, patched: changed(given, 0, before) }
            : null;
        }
      }
      return isChanged;
    }),
  );
}

/** Whether a patch can change a reading of any prompt. */
function isSeen({ model, tokens, readout }: Wanted) {
  return ({ hook, pos }: ResolvedPatch, read: HookPoint): boolean =>
    readout.pos === "all" || pos === "all" || pos === "last"
      ? leadsTo(hook, read, model.cfg)
      : tokens.some(({ length }, prompt) => {
          const distance = length - 1 - firstPosition(pos, length, prompt);
          return leadsToLater(hook, read, distance, model.cfg);
        });
}

function unreachableWarnings(
  { variants, reads, model }: PatchJob<unknown>,
  unreachable: readonly number[],
): string[] {
  const read = [...reads].sort((a, b) => a.order - b.order);
  const names = (list: readonly HookPoint[]) => list.map(({ name }) => name).join(", ");
  const why = (patches: readonly ResolvedPatch[]) => {
    const leads = patches.some(({ hook }) => read.some((one) => leadsTo(hook, one, model.cfg)));
    if (leads) return "at that position does not lead to the last one of";
    return patches.every(({ hook }) => hook.order > read[read.length - 1].order)
      ? "is computed after"
      : "does not lead to";
  };
  const hooks = new Map<string, Set<HookPoint>>();
  for (const number of unreachable) {
    const reason = why(variants[number]);
    const known = hooks.get(reason) ?? new Set();
    hooks.set(reason, known);
    for (const { hook } of variants[number]) known.add(hook);
  }
  return [...hooks].map(
    ([reason, patched]) =>
      `${names([...patched])} ${reason} ${names(read)}, which is read: patching there can change nothing`,
  );
}
