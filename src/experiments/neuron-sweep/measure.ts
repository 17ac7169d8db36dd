import { modelWarnings } from "../../analysis/model-warnings";
import { provenanceOf } from "../../analysis/provenance";
import { InputError, InterruptedError } from "../../errors";
import type { BoundHead } from "../../heads/bind-head";
import { headFunction } from "../../heads/head-function";
import { type MeasuredPrompts, measurePrompts, type Prompt } from "../../heads/measured-prompts";
import type { HookName, HookPointName } from "../../model/hook-names";
import { hookPoint } from "../../model/hook-points";
import { attributionPatching, sweepCorrelation } from "../../patching/attribution-patching";
import { type CleanRuns, cleanRuns } from "../../patching/clean-runs";
import { patchHead } from "../../patching/head-experiment";
import { type NeuronSweep, neuronSweep, type SweptHook } from "../../patching/neuron-sweep";
import { checkPatch, type Patch } from "../../patching/patch-kinds";
import { listenForInterrupt } from "../../progress/interrupt";
import { isInKernel } from "../../progress/kernel-display";
import type { Progress } from "../../progress/progress";
import { withBar } from "../../progress/with-bar";
import { namedResult } from "../../results/named-result";
import { SCHEMA_VERSION } from "../../results/schema-version";
import { timestamp } from "../../results/timestamp";
import { mean } from "../../stats/mean";
import { rankAmong } from "../../stats/rank-among";
import { NEURON_SWEEP_KEY_NUMBERS } from "./key-numbers";
import type { NeuronSweepResult, SweepTarget, SweptNeurons } from "./result";

/** How many of the largest effects a result lists. */
const LARGEST = 20;

export interface NeuronSweepAnalysisOptions {
  /**
   * Activations whose numbers are patched one by one. If not given: the one that the head predicts a
   * number of, in which the target has its rank, and the hidden MLP neurons of the target layer.
   */
  readonly hooks?: readonly HookName[];
  /** What is done to each neuron; zero-ablation if not given. */
  readonly patch?: Patch;
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  /** Memory for what is computed at one time, in bytes. */
  readonly maxBytes?: number;
  readonly progress?: Progress | null;
  /**
   * Stops the sweep: what is done so far is returned. Without one a notebook's stop button ends it by
   * an error, and it goes on where it was when it is called again.
   */
  readonly signal?: AbortSignal;
  /** A stopped sweep's result, whose neurons are not done again. */
  readonly resume?: NeuronSweepResult;
  /** When; now if not given. */
  readonly timestamp?: string;
}

/** What sweeps of a head have done that were interrupted, by what they were about. */
const interrupted = new WeakMap<BoundHead, Map<string, readonly SweptHook[]>>();

/**
 * Patches every neuron of the target's layer, one at a time, and ranks them by how much the head's
 * prediction changes: does it depend on its target more than on any other neuron?
 *
 * @throws InputError if there is no prompt, or one cannot be run, an activation has no neurons, or the
 *   sweep to go on with was another one.
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const { target } = await analyzeNeuronSweep(head, ["Once upon a time", "The king said"]);
 * console.log(`the target is number ${target.rank} of ${target.of}`);
 */
export async function analyzeNeuronSweep(
  head: BoundHead,
  prompts: readonly Prompt[],
  options: NeuronSweepAnalysisOptions = {},
): Promise<NeuronSweepResult> {
  const { patch = ["zero", 0], prependBos = false, resume } = options;
  const { files } = head;
  const { config } = files;
  const measured = measurePrompts(head, prompts, { prependBos });
  const hooks = hooksOf(options.hooks, head);
  const provenance = await provenanceOf(head, { seed: 0, prependBos });
  checkPatch(patch);
  const recorded = measured.recorded();
  if (resume) checkResumed(resume, { patch, prompts: recorded, provenance });
  const clean = cleanRuns(head.model, measured, options);
  const { sweep, none } = await sweepWith(clean, head, measured, hooks, {
    ...options,
    patch,
  }).finally(() => clean.dispose());
  const once = measured.distinct();
  const correlations = await attributionCorrelations(head, measured, { hooks, patch, sweep, none });
  const swept = sweep.swept.map((ofHook, i) => sweptHook(ofHook, once, correlations[i]));
  return namedResult<NeuronSweepResult>("neuron_sweep", NEURON_SWEEP_KEY_NUMBERS, {
    model_path: head.path,
    head_type: config.headType,
    target_layer: config.targetLayer,
    target_neuron: config.targetNeuron,
    timestamp: options.timestamp ?? timestamp(),
    schema_version: SCHEMA_VERSION,
    layer_type: config.layerType,
    hook: head.hook,
    patch,
    prompts: recorded,
    baseline: { prediction: [...sweep.baseline] },
    target: targetOf(head, swept, none),
    swept,
    is_complete: sweep.isComplete,
    warnings: [...files.warnings, ...modelWarnings(head.model), ...sweep.warnings],
    provenance,
  });
}

function hooksOf(given: readonly HookName[] | undefined, head: BoundHead): HookPointName[] {
  const { targetLayer } = head.files.config;
  const names: readonly HookName[] = given ?? [head.hook, ["post", targetLayer]];
  return [...new Set(names.map((name) => hookPoint(name, head.model.cfg).name))];
}

function neuronsIn(hooks: readonly HookPointName[], { model }: BoundHead): number {
  return hooks.reduce((sum, hook) => sum + (hookPoint(hook, model.cfg).size ?? 0), 0);
}

/** The sweep, and why no neuron has an effect. */
async function sweepWith(
  clean: CleanRuns,
  head: BoundHead,
  prompts: MeasuredPrompts,
  hooks: readonly HookPointName[],
  options: NeuronSweepAnalysisOptions,
): Promise<Pick<SweepOfPrompts, "sweep" | "none">> {
  const sweep = await sweepOrThrow(head, prompts, hooks, options, clean);
  return { sweep, none: await whyNoEffect(head, prompts, sweep, clean) };
}

/** Runs the sweep; if the stop button ends it, remembers what is done and throws. */
async function sweepOrThrow(
  head: BoundHead,
  prompts: MeasuredPrompts,
  hooks: readonly HookPointName[],
  { patch, resume, signal, maxBytes, progress }: NeuronSweepAnalysisOptions,
  clean: CleanRuns,
): Promise<NeuronSweep> {
  const key = JSON.stringify([prompts.tokens, hooks, patch]);
  const remembered = interrupted.get(head) ?? new Map<string, readonly SweptHook[]>();
  const interrupt = signal || !isInKernel() ? null : listenForInterrupt();
  const total = prompts.length * neuronsIn(hooks, head);
  try {
    const sweep = await withBar({ progress }, { label: "Sweeping", total }, (bar) =>
      neuronSweep(head.model, prompts, {
        read: head,
        hooks,
        patch,
        maxBytes,
        clean,
        progress: bar,
        signal: signal ?? interrupt?.signal,
        resume: resume?.swept ?? remembered.get(key),
      }),
    );
    remembered.delete(key);
    if (!interrupt || sweep.isComplete) return sweep;
    interrupted.set(head, remembered.set(key, sweep.swept));
    throw new InterruptedError("the sweep was interrupted", {
      found: progressText(sweep.swept),
      remedy: "Run it again: it goes on where it stopped.",
    });
  } finally {
    interrupt?.release();
  }
}

/** How many of how many neurons are done, in words. */
export function progressText(swept: readonly Pick<SweptHook, "changes">[]): string {
  const all = swept.flatMap(({ changes }) => changes);
  return `${all.filter((changes) => changes !== null).length} of ${all.length} neurons done`;
}

function checkResumed(
  earlier: NeuronSweepResult,
  now: Pick<NeuronSweepResult, "patch" | "prompts" | "provenance">,
): void {
  const aspects: Record<string, (result: typeof now) => unknown> = {
    head: ({ provenance }) => [provenance.head_sha256, provenance.head_config_sha256],
    "base model": ({ provenance }) => [provenance.base_model_files, provenance.weight_processing],
    patch: ({ patch }) => patch,
    prompts: ({ prompts }) => prompts.map(({ tokens }) => tokens),
  };
  for (const [aspect, of] of Object.entries(aspects)) {
    if (JSON.stringify(of(earlier)) === JSON.stringify(of(now))) continue;
    throw new InputError("the sweep to go on with was another one", {
      found: `another ${aspect}`,
      remedy: "Start anew, or give what it was started with.",
    });
  }
}

interface Attribution {
  readonly correlation: number | null;
  readonly reason: string | null;
}

/** Why no neuron has an effect to be ranked by: none changes a prediction by more than rounding. */
async function whyNoEffect(
  head: BoundHead,
  prompts: MeasuredPrompts,
  { swept, isComplete }: NeuronSweep,
  clean: CleanRuns,
): Promise<string | null> {
  if (!isComplete || !head.targetCanMatter) return null;
  const { rounding } = await patchHead(head, prompts, [], { clean });
  const isSeen = swept.some(({ changes }) =>
    changes.some((ofNeuron) => ofNeuron!.some((change, i) => Math.abs(change) > rounding[i])),
  );
  return isSeen ? null : "no neuron changes the prediction by more than rounding";
}

interface SweepOfPrompts {
  readonly hooks: readonly HookPointName[];
  readonly patch: Patch;
  readonly sweep: NeuronSweep;
  readonly none: string | null;
}

async function attributionCorrelations(
  head: BoundHead,
  prompts: MeasuredPrompts,
  { hooks, patch, sweep, none }: SweepOfPrompts,
): Promise<Attribution[]> {
  const whyNone =
    headFunction(head).whyNoGradient ?? (sweep.isComplete ? none : "the sweep is not complete");
  if (whyNone !== null) return hooks.map(() => ({ correlation: null, reason: whyNone }));
  const once = prompts.distinct();
  const estimate = await attributionPatching(head.model, prompts.only(once), {
    read: head,
    hooks,
    patch,
  });
  const swept = sweep.swept.map(({ hook, changes }) => ({
    hook,
    changes: changes.map((ofNeuron) => ofNeuron && once.map((i) => ofNeuron[i])),
  }));
  return sweepCorrelation(estimate, { ...sweep, swept }).map((correlation) => ({
    correlation,
    reason: correlation === null ? "the changes are all the same" : null,
  }));
}

/** @param once prompts that are measurements of their own: the means are over them */
function sweptHook(
  { hook, changes }: SweptHook,
  once: readonly number[],
  attribution: Attribution,
): SweptNeurons {
  const meanOf = (ofNeuron: readonly number[] | null, of: (change: number) => number) =>
    ofNeuron && mean(once.map((i) => of(ofNeuron[i])));
  const mean_change = changes.map((ofNeuron) => meanOf(ofNeuron, (change) => change));
  const mean_abs_change = changes.map((ofNeuron) => meanOf(ofNeuron, Math.abs));
  const largest = [...changes.keys()]
    .filter((index) => mean_abs_change[index] !== null)
    .sort((a, b) => mean_abs_change[b]! - mean_abs_change[a]! || a - b)
    .slice(0, LARGEST)
    .map((index) => ({
      index,
      mean_change: mean_change[index],
      mean_abs_change: mean_abs_change[index],
    }));
  return {
    hook,
    mean_change,
    mean_abs_change,
    changes: changes.map((ofNeuron) => ofNeuron && [...ofNeuron]),
    largest,
    attribution,
  };
}

/** @param none why there is nothing to rank by */
function targetOf(
  { hook, index }: BoundHead,
  swept: readonly SweptNeurons[],
  none: string | null,
): SweepTarget | null {
  const own = swept.find((other) => other.hook === hook);
  if (!own) return null;
  const sizes = own.mean_abs_change;
  const rank = rankAmong(
    none === null ? sizes[index] : null,
    sizes.filter((_, neuron) => neuron !== index),
  );
  return {
    hook,
    index,
    mean_change: own.mean_change[index],
    mean_abs_change: sizes[index],
    ...rank,
    reason: none ?? reasonFor(rank.rank, rank.percentile, sizes),
  };
}

function reasonFor(
  rank: number | null,
  percentile: number | null,
  sizes: readonly (number | null)[],
): string | null {
  if (rank === null) return "the sweep was stopped before it came to the target";
  if (percentile === null) return "there is no other neuron";
  return sizes.includes(null) ? "ranked among those that the sweep came to" : null;
}
