import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import type { MeasuredPrompts, PromptInput } from "../heads/measured-prompts";
import type { HookName, HookPointName, ShortName } from "../model/hook-names";
import { hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { TokenOptions } from "../model/token-batch";
import { cleanTokens, DEFAULT_MAX_BYTES, promptBatches } from "./clean-run";
import { type PatchOptions, type PatchResult, patch } from "./patch";
import type { Variant, VectorPatch } from "./place";
import { measuredFor, type Readout } from "./readout";

/** What a sweep does to every neuron unless it is told otherwise: zero-ablation. */
export const DEFAULT_SWEEP_PATCH: VectorPatch = ["zero"];

/**
 * Patched runs between two clean runs of a prompt, for each of its tokens, where the clean runs of all
 * prompts do not fit into memory at once: the clean ones then take a small share of the time.
 */
const RUNS_PER_TOKEN = 16;

export interface NeuronSweepOptions
  extends TokenOptions,
    Pick<PatchOptions<number>, "maxBytes" | "clean" | "progress" | "signal"> {
  /** A head's prediction, or another number that is read from each run. */
  readonly read: BoundHead | Readout<number>;
  /**
   * Activations whose every number at the last token is patched, one after the other; the head's own
   * target activation if not given. {@link everyLayer} names one in all layers.
   */
  readonly hooks?: readonly HookName[];
  /** What is done to each number; zero-ablation if not given. */
  readonly patch?: VectorPatch;
  /** What an earlier, stopped sweep of the same prompts did, which is not done again. */
  readonly resume?: readonly (Omit<SweptHook, "hook"> & { readonly hook: string })[];
}

/** One activation's neurons. */
export interface SweptHook {
  /** Its long name. */
  readonly hook: HookPointName;
  /** `[neuron][prompt]` change of the reading; null where the sweep was stopped before. */
  readonly changes: readonly (readonly number[] | null)[];
}

export interface NeuronSweep {
  /** Token ids of each prompt that were run. */
  readonly tokens: readonly (readonly number[])[];
  /** `[prompt]` the unpatched reading. */
  readonly baseline: readonly number[];
  /** In the order of `hooks`. */
  readonly swept: readonly SweptHook[];
  /** Whether every neuron was patched. */
  readonly isComplete: boolean;
  readonly warnings: readonly string[];
}

/** An activation in every layer: `everyLayer("post", model)`. */
export function everyLayer(name: ShortName, { cfg }: Pick<HookedTransformer, "cfg">): HookName[] {
  return Array.from({ length: cfg.n_layers }, (_, layer) => [name, layer] as const);
}

/**
 * Patches every neuron of a layer, one at a time, and reads by how much the prediction changes.
 *
 * All neurons of all prompts run as large batches of one token each, through the layers above.
 * `signal` stops it between two batches; what was done is returned, and with `resume` the rest is
 * done later.
 *
 * @throws InputError if an activation has no neurons at a position, or as `patch`.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const { swept } = await neuronSweep(head.model, ["Once upon a time"], { read: head });
 * const [{ hook, changes }] = swept;
 * console.log(hook, changes[52]); // by how much zeroing neuron 52 changes the prediction
 */
export async function neuronSweep(
  model: HookedTransformer,
  prompts: PromptInput,
  options: NeuronSweepOptions,
): Promise<NeuronSweep> {
  const { patch: edit = DEFAULT_SWEEP_PATCH, resume = [], read, prependBos } = options;
  const measured = measuredFor(read, model, prompts, { prependBos });
  const hooks = hooksOf(options, model);
  const before = new Map<string, SweptHook["changes"]>(
    resume.map(({ hook, changes }) => [hook, changes]),
  );
  const places = hooks.flatMap((hook) => {
    const size = neuronsOf(hook, model);
    checkResumed(hook, before.get(hook), size);
    return Array.from({ length: size }, (_, index) => ({ hook, index }));
  });
  const missing = places.filter(({ hook, index }) => !before.get(hook)?.[index]);
  const variants = missing.map((place) => ({ ...place, patch: edit }));
  const result = await inBlocks(model, measured, variants, hooks[0], options);
  const changes = new Map(hooks.map((hook) => [hook, [...(before.get(hook) ?? [])]]));
  missing.forEach(({ hook, index }, variant) => {
    const readings = result.patched[variant] ?? [null];
    changes.get(hook)![index] = readings.includes(null)
      ? null
      : readings.map((reading, prompt) => reading! - result.clean[prompt]);
  });
  const swept = hooks.map((hook) => ({ hook, changes: changes.get(hook)! }));
  return {
    tokens: result.tokens,
    baseline: result.clean,
    swept,
    isComplete: swept.every((layer) => !layer.changes.includes(null)),
    warnings: result.warnings,
  };
}

/**
 * Runs the variants; in blocks where not all prompts' clean runs fit into memory at once, so that a
 * sweep that is stopped has done some neurons on all prompts and not all neurons on some.
 */
async function inBlocks(
  model: HookedTransformer,
  prompts: MeasuredPrompts,
  variants: readonly Variant[],
  anyHook: HookPointName,
  { read, maxBytes = DEFAULT_MAX_BYTES, clean, progress, signal }: NeuronSweepOptions,
): Promise<PatchResult<number>> {
  const { tokens } = prompts;
  const run = (block: readonly Variant[], done: number) =>
    patch(model, prompts, block, {
      read: read as Readout<number>,
      maxBytes,
      clean,
      signal,
      progress: progress && { ...progress, update: (rows) => progress.update(done + rows) },
    });
  const fits = promptBatches(tokens, cleanTokens(maxBytes, model.cfg), false).length === 1;
  const length = Math.max(...tokens.map((ids) => ids.length));
  const size = fits ? variants.length : RUNS_PER_TOKEN * length;
  // A finished sweep has nothing to run but the unpatched readings.
  const unchanged: Variant = { hook: anyHook, index: 0, patch: ["scale", 1] };
  const result = await run(variants.length > 0 ? variants.slice(0, size) : [unchanged], 0);
  const patched = [...result.patched];
  for (let from = size; from < variants.length && !signal?.aborted; from += size) {
    const block = variants.slice(from, from + size);
    patched.push(...(await run(block, from * tokens.length)).patched);
  }
  return { ...result, patched };
}

function hooksOf({ read, hooks }: NeuronSweepOptions, model: HookedTransformer): HookPointName[] {
  const names = hooks ?? ("predict" in read ? [read.hook] : []);
  if (names.length === 0) {
    throw new InputError("there is no activation to sweep", { expected: `hooks: [["post", 2]]` });
  }
  return [...new Set(names.map((name) => hookPoint(name, model.cfg).name))];
}

/**
 * How many neurons an activation has at a position.
 *
 * @throws InputError if it is over pairs of positions.
 */
export function neuronsOf(hook: HookPointName, { cfg }: Pick<HookedTransformer, "cfg">): number {
  const { size } = hookPoint(hook, cfg);
  if (size !== null) return size;
  throw new InputError(`${hook} has no neurons at a position`, {
    expected: `an activation such as "post", "mlp_out" or "resid_post"`,
  });
}

function checkResumed(hook: string, changes: SweptHook["changes"] | undefined, size: number): void {
  if (!changes || changes.length === size) return;
  throw new InputError(`the sweep to go on with is of another model`, {
    found: `${changes.length} neurons of ${hook}`,
    expected: String(size),
  });
}
