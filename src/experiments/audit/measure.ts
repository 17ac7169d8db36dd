import { createHash } from "node:crypto";
import {
  correlationOverPrompts,
  noInterval,
  shareOverPrompts,
  slopeOverPrompts,
} from "../../analysis/over-prompts";
import { provenanceOf } from "../../analysis/provenance";
import { type RandomStreams, randomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts, Prompt } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import { activationRounding } from "../../patching/change-line";
import { type CleanRuns, cleanRuns } from "../../patching/clean-runs";
import { patchHead } from "../../patching/head-experiment";
import { patch } from "../../patching/patch";
import { baselineCorrelation } from "../../patching/scaling-experiment";
import { breathe, interruptible } from "../../progress/interrupt";
import type { Progress } from "../../progress/progress";
import { withBar } from "../../progress/with-bar";
import { namedResult } from "../../results/named-result";
import { SCHEMA_VERSION } from "../../results/schema-version";
import { timestamp } from "../../results/timestamp";
import type { Jackknifed } from "../../stats/jackknife-interval";
import { leaveOneOutLines } from "../../stats/leave-one-out-lines";
import { withClassIndices } from "./class-indices";
import { controls, noControls } from "./controls";
import { donorPlan } from "./donors";
import { type HeldOut, heldOut } from "./held-out";
import { AUDIT_KEY_NUMBERS } from "./key-numbers";
import { lastTokenBaseline } from "./last-token";
import { along, movedInputs } from "./moved-inputs";
import type { AuditResult, Specificity } from "./result";
import { auditSentence } from "./sentence";
import { chosenTexts, specificity } from "./specificity";
import { DONORS, ENOUGH_TEXTS, FEWEST_FOR_VERDICT, MOST_UNREACHED } from "./thresholds";
import { type Evidence, verdictOf } from "./verdict";
import { type TextRuns, withinTextSlope } from "./within-text-slope";

export interface AuditOptions {
  /** Texts that the head was not trained on; 300 from the bundled held-out books if not given. */
  readonly texts?: readonly Prompt[];
  /** Put the beginning-of-sequence token before each text; off unless asked for. */
  readonly prependBos?: boolean;
  /** Seed of every random draw. Default: 0. */
  readonly seed?: number;
  /** Its own bar if not given; null for none. */
  readonly progress?: Progress | null;
  /** When; now if not given. */
  readonly timestamp?: string;
}

/** Parts of an audit that its bar counts. */
const STEPS = 6;

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
export function analyzeAudit(head: BoundHead, options: AuditOptions = {}): Promise<AuditResult> {
  return interruptible(() =>
    withBar(options, { label: "Auditing", total: STEPS }, (progress) =>
      audit(withClassIndices(head), options, progress),
    ),
  );
}

async function audit(
  head: BoundHead,
  options: AuditOptions,
  progress: Progress | undefined,
): Promise<AuditResult> {
  const { seed = 0, prependBos = false, timestamp: moment } = options;
  const { config, warnings } = head.files;
  const streams = randomStreams(seed);
  const provenance = await provenanceOf(head, { seed, prependBos });
  const held = await heldOut(head, options.texts, prependBos);
  const used = held.texts?.length ?? 0;
  const why = whyNoVerdict(head, held, used);
  const clean = held.texts && why === null ? cleanRuns(head.model, held.texts) : null;
  try {
    const measured =
      clean === null
        ? without(why!.verdict, why!.reason)
        : await measure(head, held.texts!, { clean, streams, progress });
    const { verdict, decided, criteria } = measured.verdict;
    return namedResult<AuditResult>("audit", AUDIT_KEY_NUMBERS, {
      verdict,
      because: [auditSentence({ verdict, ...measured.numbers }, decided)],
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
        used,
        training_known: held.isTrainingKnown,
        sha256: createHash("sha256")
          .update(JSON.stringify(held.texts?.tokens ?? []))
          .digest("hex"),
      },
      ...measured.numbers,
      resamples: DONORS,
      warnings: [...warnings, ...head.model.warnings, ...textWarnings(held)],
      provenance: { ...provenance, random_streams: streams.names() },
    });
  } finally {
    clean?.dispose();
  }
}

type Numbers = Pick<
  AuditResult,
  | "prediction"
  | "observational_slope"
  | "causal_slope"
  | "causal_share"
  | "input_slope"
  | "input_share"
  | "both_shares"
  | "unreached"
  | "specificity"
  | "random_directions"
  | "shuffled_labels"
>;

interface MeasureOptions {
  readonly clean: CleanRuns;
  readonly streams: RandomStreams;
  readonly progress: Progress | undefined;
}

async function measure(
  head: BoundHead,
  texts: MeasuredPrompts,
  { clean, streams, progress }: MeasureOptions,
): Promise<{ numbers: Numbers; verdict: ReturnType<typeof verdictOf> }> {
  const step = async (done: number) => {
    progress?.update(done);
    await breathe();
  };
  const { baseline, rounding } = await patchHead(head, texts, [], { clean });
  const { activation, prediction } = baseline;
  await step(1);
  const r = correlationOverPrompts(
    baselineCorrelation(baseline, rounding),
    activation,
    prediction,
    { x: activation.map(activationRounding), y: rounding },
    "activation or prediction is the same on every text",
  );
  const lines = leaveOneOutLines(activation, prediction);
  const observational = jackknifed(lines);
  const whyNone = r.estimate === null ? r.reason : null;
  const donors = donorPlan(texts.length, DONORS, streams("audit-donors"));
  const causalRuns = await neuronRuns(head, texts, { donors, activation, clean });
  const causal = withinTextSlope(causalRuns);
  await step(2);
  const inputs = await inputRuns(head, texts, { donors, activation, clean });
  await step(3);
  const input = inputs.reason === null ? withinTextSlope(inputs.runs) : null;
  const places = chosenTexts(texts.length, streams);
  const special = await specificity(head, texts, { places, donors, clean, streams });
  await step(4);
  const beside = await controls(head, texts, { places, donors, activation, clean, streams });
  await step(5);
  const baselineOf = await lastTokenBaseline(head, texts, activation, prediction);
  await step(STEPS);
  const share = (part: Jackknifed | null, reason: string | null) =>
    shareOverPrompts(part, observational, whyNone ?? reason);
  const evidence: Evidence = {
    r,
    causal_share: share(causal, null),
    input_share: share(input, inputs.reason),
    both_shares: share(both(causal, input), inputs.reason),
    specificity: special,
  };
  return {
    verdict: verdictOf(evidence),
    numbers: {
      prediction: { r, ...baselineOf },
      observational_slope: slopeOverPrompts(observational, whyNone),
      causal_slope: slopeOverPrompts(causal, whyNone),
      causal_share: evidence.causal_share,
      input_slope: slopeOverPrompts(input, whyNone ?? inputs.reason),
      input_share: evidence.input_share,
      both_shares: evidence.both_shares,
      unreached: inputs.unreached,
      specificity: special,
      ...beside,
    },
  };
}

/** Why nothing can be said, if so. */
function whyNoVerdict(
  { targetCanMatter, hook, reads }: BoundHead,
  { texts }: HeldOut,
  used: number,
): { verdict: AuditResult["verdict"]; reason: string } | null {
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

function without(verdict: AuditResult["verdict"], reason: string) {
  const none = noInterval(reason);
  const nothing: Specificity = {
    ...{ neurons: 0, texts: 0, effect: null, largest: [] },
    ...{ rank: null, of: 0, percentile: null, p_value: null, reason },
  };
  return {
    verdict: { verdict, decided: reason, criteria: [] },
    numbers: {
      prediction: {
        ...{ r: none, r_squared: null, r_squared_last_token: null },
        ...{ last_token_texts: 0, reason },
      },
      observational_slope: none,
      causal_slope: none,
      causal_share: none,
      input_slope: none,
      input_share: none,
      both_shares: none,
      unreached: null,
      specificity: nothing,
      ...noControls(reason),
    },
  };
}

function jackknifed({
  whole,
  without: others,
}: ReturnType<typeof leaveOneOutLines>): Jackknifed | null {
  if (whole === null || others.includes(null)) return null;
  return { estimate: whole.slope, leaveOneOut: others.map((line) => line!.slope) };
}

function both(a: Jackknifed | null, b: Jackknifed | null): Jackknifed | null {
  if (!a || !b) return null;
  return {
    estimate: a.estimate + b.estimate,
    leaveOneOut: a.leaveOneOut.map((value, i) => value + b.leaveOneOut[i]),
  };
}

interface RunOptions {
  /** `[donor][text]` whose value each text takes. */
  readonly donors: readonly (readonly number[])[];
  readonly activation: readonly number[];
  readonly clean: CleanRuns;
}

/** On each text, the neuron set to the values of other texts. */
async function neuronRuns(
  head: BoundHead,
  texts: MeasuredPrompts,
  { donors, activation, clean }: RunOptions,
): Promise<TextRuns[]> {
  const variants = donors.map((ofTexts) => ({
    hook: head.hook,
    index: head.index,
    patch: ["set", (text: number) => activation[ofTexts[text]]] as const,
  }));
  const { patched } = await patch(head.model, texts, variants, { read: head, clean });
  return texts.tokens.map((_, text) => ({
    values: donors.map((ofTexts) => activation[ofTexts[text]]),
    predictions: patched.map((ofTexts) => ofTexts[text]!),
    donors: donors.map((ofTexts) => ofTexts[text]),
  }));
}

/** The same with the neuron held, and what it reads moved until it would have the value. */
async function inputRuns(
  head: BoundHead,
  texts: MeasuredPrompts,
  { donors, activation, clean }: RunOptions,
): Promise<{ runs: TextRuns[]; unreached: number | null; reason: string | null }> {
  const { cfg } = head.model;
  const point = hookPoint(head.hook, cfg);
  if (point.nameInBlock === null || point.nameInBlock === "hook_resid_pre") {
    const reason = `${head.hook} is what enters a block: there is nothing before it in the block`;
    return { runs: [], unreached: null, reason };
  }
  const { steps, stream, gradient, hook } = await movedInputs(head, texts, donors, clean);
  const missed = steps.flat().filter((step) => step === null).length;
  const unreached = missed / (donors.length * texts.length);
  if (unreached > MOST_UNREACHED) {
    const reason = `moving the inputs reached the value on too few texts (${Math.round(100 * unreached)}% not reached)`;
    return { runs: [], unreached, reason };
  }
  const variants = steps.map((ofTexts) => [
    {
      hook,
      patch: [
        "set",
        (text: number) => along(stream[text], gradient[text], ofTexts[text] ?? 0),
      ] as const,
    },
    {
      hook: head.hook,
      index: head.index,
      patch: ["set", (text: number) => activation[text]] as const,
    },
  ]);
  const { patched } = await patch(head.model, texts, variants, { read: head, clean });
  const runs = texts.tokens.map((_, text) => {
    const reached = donors.flatMap((ofTexts, donor) =>
      steps[donor][text] === null
        ? []
        : [{ from: ofTexts[text], prediction: patched[donor][text]! }],
    );
    return {
      values: reached.map(({ from }) => activation[from]),
      predictions: reached.map((one) => one.prediction),
      donors: reached.map(({ from }) => from),
    };
  });
  return { runs, unreached, reason: null };
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
