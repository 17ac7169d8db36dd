import { provenanceOf } from "../../analysis/provenance";
import { type RandomStreams, randomStreams } from "../../analysis/random-streams";
import { InterruptedError } from "../../errors";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts, Prompt } from "../../heads/measured-prompts";
import { breathe, interruptible } from "../../progress/interrupt";
import type { Progress } from "../../progress/progress";
import { withBar } from "../../progress/with-bar";
import { namedResult } from "../../results/named-result";
import type { Provenance } from "../../results/schema-parts";
import { SCHEMA_VERSION } from "../../results/schema-version";
import { timestamp } from "../../results/timestamp";
import { AuditRuns } from "./audit-runs";
import { withClassIndices } from "./class-indices";
import { donorPlan } from "./donors";
import type { HeldOut } from "./held-out";
import { AUDIT_KEY_NUMBERS } from "./key-numbers";
import { type Measured, measureHead, neededForMeasuring, withoutNumbers } from "./measure";
import type { AuditResult } from "./result";
import { auditSentence } from "./sentence";
import {
  canRank,
  chosenTexts,
  type NeuronEffects,
  type SweepPlan,
  type SweepRuns,
  sweepRuns,
} from "./sweep-runs";
import { DONORS, ENOUGH_TEXTS, FEWEST_FOR_VERDICT } from "./thresholds";

export interface AuditOptions {
  /** Texts that the head was not trained on; 300 from the bundled held-out books if not given. */
  readonly texts?: readonly Prompt[];
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  /** Seed of every random draw. Default: 0. */
  readonly seed?: number;
  /** Told how many patched runs are done. Its own bar if not given; null for none. */
  readonly progress?: Progress | null;
  /** When; now if not given. */
  readonly timestamp?: string;
  /** Runs that are kept for heads of later calls; who gives it disposes it. */
  readonly runs?: AuditRuns;
}

/**
 * Audits a head: how well does it predict its neuron, how much of what it knows of the neuron comes from
 * the neuron itself, how much by what the neuron reads, is the neuron special to it, and what does that
 * make it a reader of? docs/audit.md has the reasoning and the literature.
 *
 * @throws InputError if a text is empty, too long or outside the vocabulary, or there is none and the base
 *   model has no tokenizer for the bundled ones.
 * @throws CheckpointError if the base model's files have changed since it was opened.
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const { verdict, because } = await analyzeAudit(head);
 * console.log(verdict, because[0]);
 */
export async function analyzeAudit(
  head: BoundHead,
  options: AuditOptions = {},
): Promise<AuditResult> {
  const [audited] = await analyzeAudits([head], options);
  if (audited.status === "rejected") throw audited.reason;
  return audited.value;
}

/**
 * Audits several heads, each with the numbers that `analyzeAudit` gives it, to the last bit. Texts are
 * tokenized once; heads on the same activation of a model share the runs with every neuron of it, and those
 * that read the same stream the clean run too: a further head costs a few runs of its own.
 *
 * @param onAudited told of each head as soon as it is done, with its place in `heads`
 * @returns in the order of `heads`, as `Promise.allSettled` has it: one that cannot be audited keeps no
 *   other from it
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const base = await openBase("tiny-gpt2");
 * const heads = [await openHead("models/neuron_l2_n52_20261122_120000", { base })];
 * for (const audited of await analyzeAudits(heads)) {
 *   if (audited.status === "fulfilled") console.log(audited.value.because[0]);
 * }
 * base.dispose();
 */
export function analyzeAudits(
  heads: readonly BoundHead[],
  options: AuditOptions = {},
  onAudited: (audited: AuditOutcome, place: number) => void | Promise<void> = () => {},
): Promise<AuditOutcome[]> {
  return interruptible(async () => {
    const cases: (Case | Error)[] = [];
    const kept = options.runs ?? new AuditRuns();
    const heldOut = kept.heldOut(options.texts, options.prependBos ?? false);
    for (const head of heads) cases.push(await settled(() => prepared(head, options, heldOut)));
    const groups = grouped(cases.flatMap((one) => (one instanceof Error ? [] : [one])));
    const total = groups.reduce((sum, group) => sum + runsOf(group), 0);
    return withBar(options, { label: "Auditing", total }, async (progress) => {
      const results: AuditOutcome[] = [];
      const audited = async (one: Case | Error, measured: Measured | Error) => {
        const place = cases.indexOf(one);
        results[place] =
          measured instanceof Error
            ? { status: "rejected", reason: measured }
            : { status: "fulfilled", value: resultOf(one as Case, measured, options) };
        await onAudited(results[place], place);
        await breathe();
      };
      let done = 0;
      const ran = (runs: number) => {
        done += runs;
        progress?.update(Math.min(done, total));
      };
      for (const one of cases) {
        if (one instanceof Error) await audited(one, one);
        else if (one.none) await audited(one, withoutNumbers(one.none.verdict, one.none.reason));
      }
      try {
        for (const group of groups) await auditGroup(group, kept, ran, audited);
      } finally {
        if (!options.runs) kept.dispose();
      }
      return results;
    });
  });
}

/** A result, or why there is none. */
export type AuditOutcome = PromiseSettledResult<AuditResult>;

/** A head that is to be audited. */
interface Case {
  readonly head: BoundHead;
  readonly seed: number;
  readonly streams: RandomStreams;
  readonly provenance: Provenance;
  readonly held: HeldOut;
  /** Why nothing can be said, if so. */
  readonly none: { readonly verdict: AuditResult["verdict"]; readonly reason: string } | null;
}

/** Heads that share texts and target activation, those that read the same stream one after the other. */
type Group = readonly (Case & { readonly held: HeldOut & { readonly texts: MeasuredPrompts } })[];

/** What work gives, or the error that it ends by; an interrupt ends everything. */
async function settled<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof Error)) throw error;
    return error;
  }
}

async function prepared(
  head: BoundHead,
  { seed = 0, prependBos = false }: AuditOptions,
  heldOut: (head: BoundHead) => Promise<HeldOut>,
): Promise<Case> {
  const provenance = await provenanceOf(head, { seed, prependBos });
  const held = await heldOut(head);
  return {
    head: withClassIndices(head),
    seed,
    streams: randomStreams(seed),
    provenance,
    held,
    none: whyNoVerdict(head, held),
  };
}

function grouped(cases: readonly Case[]): Group[] {
  const byTarget = new Map<string, Group[number][]>();
  const models = [...new Set(cases.map(({ head }) => head.model))];
  for (const one of cases) {
    if (one.none) continue;
    const key = `${models.indexOf(one.head.model)} ${one.head.hook} ${one.held.sha256}`;
    byTarget.set(key, [...(byTarget.get(key) ?? []), one as Group[number]]);
  }
  return [...byTarget.values()].map((group) =>
    group.sort((a, b) => (readsOf(a) < readsOf(b) ? -1 : Number(readsOf(a) > readsOf(b)))),
  );
}

function readsOf({ head }: Case): string {
  return head.reads.join();
}

/** How many patched runs an audit of the group counts: the search for moved inputs aside. */
function runsOf(group: Group): number {
  const [{ streams, held }] = group;
  const heads = group.map(({ head }) => head);
  return sweepRuns(heads, streams) + 2 * group.length * DONORS * held.texts.length;
}

async function auditGroup(
  group: Group,
  kept: AuditRuns,
  ran: (runs: number) => void,
  audited: (one: Case, measured: Measured | Error) => Promise<void>,
): Promise<void> {
  for (const alike of runsOfEqual(group, readsOf)) {
    const heads = alike.map(({ head }) => head);
    let effects: readonly NeuronEffects[] | null = null;
    for (const [i, { head, seed, streams, held }] of alike.entries()) {
      const { texts } = held;
      const plan = {
        ...kept.of(head, { ...held, seed }),
        ...{ streams, ran },
        donors: donorPlan(texts.length, DONORS, streams("audit-donors")),
        places: chosenTexts(texts.length, streams),
      };
      const measured = await settled(async () => {
        if (i === 0) plan.clean.runAll(texts, neededForMeasuring(head, texts));
        if (!canRank(head)) return measureHead(head, texts, null, plan);
        effects ??= await effectsOfAll(heads, plan);
        const own = effects[i] ?? (await plan.sweep.effects([head], plan))[0];
        return measureHead(head, texts, own, plan);
      });
      await audited(alike[i], measured);
    }
  }
}

/** Neighbours that are equal in something, together. */
function runsOfEqual<T>(list: readonly T[], by: (one: T) => string): T[][] {
  const runs: T[][] = [];
  for (const one of list) {
    const run = runs[runs.length - 1];
    if (run && by(run[0]) === by(one)) run.push(one);
    else runs.push([one]);
  }
  return runs;
}

/** Those of all heads that read the same; of none where one of them has no number, which ends all. */
async function effectsOfAll(
  heads: readonly BoundHead[],
  plan: SweepPlan & { readonly sweep: SweepRuns },
): Promise<readonly NeuronEffects[]> {
  const effects = await settled(() => plan.sweep.effects(heads, plan));
  return effects instanceof Error ? [] : effects;
}

function resultOf(
  { head, held, streams, provenance }: Case,
  { verdict: { verdict, decided, criteria }, numbers }: Measured,
  { timestamp: moment }: AuditOptions,
): AuditResult {
  const { config, warnings } = head.files;
  return namedResult<AuditResult>("audit", AUDIT_KEY_NUMBERS, {
    verdict,
    because: [auditSentence({ verdict, ...numbers }, decided)],
    criteria: [...criteria],
    model_path: head.path,
    head_type: config.headType,
    target_layer: config.targetLayer,
    target_neuron: config.targetNeuron,
    timestamp: moment ?? timestamp(),
    schema_version: SCHEMA_VERSION,
    layer_type: config.layerType,
    hook: head.hook,
    texts: {
      given: held.given,
      dropped: held.dropped,
      repeated: held.repeated,
      used: held.texts?.length ?? 0,
      training_known: held.isTrainingKnown,
      sha256: held.sha256,
    },
    ...numbers,
    resamples: DONORS,
    warnings: [...warnings, ...head.model.warnings, ...textWarnings(held)],
    provenance: { ...provenance, random_streams: streams.names() },
  });
}

/** Why nothing can be said, if so. */
function whyNoVerdict(
  { targetCanMatter, hook, reads }: BoundHead,
  { texts }: HeldOut,
): Case["none"] {
  const used = texts?.length ?? 0;
  if (!targetCanMatter) {
    const reason = `${hook} is computed after ${reads[0]}, which the head reads`;
    return { verdict: "cannot be tested this way", reason };
  }
  if (used >= FEWEST_FOR_VERDICT) return null;
  const reason =
    texts === null
      ? "the base model has no tokenizer that the bundled texts can be run with, and none were given"
      : `${used} different held-out texts are few: a verdict takes ${FEWEST_FOR_VERDICT}`;
  return { verdict: "no verdict", reason };
}

function textWarnings({ texts, isTrainingKnown, dropped }: HeldOut): string[] {
  const warnings: string[] = [];
  if (texts === null) return warnings;
  if (!isTrainingKnown) {
    warnings.push(
      "the head's training texts are not known: texts that it was trained on may be among these",
    );
  }
  if (dropped > 0) warnings.push(`${dropped} texts that the head was trained on were dropped`);
  if (texts.length < ENOUGH_TEXTS && texts.length >= FEWEST_FOR_VERDICT) {
    warnings.push(
      `${texts.length} different texts are few: intervals are wide below ${ENOUGH_TEXTS}`,
    );
  }
  return warnings;
}
