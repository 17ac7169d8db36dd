import {
  correlationOverPrompts,
  noInterval,
  shareOverPrompts,
  slopeOverPrompts,
} from "../../analysis/over-prompts";
import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { type HookPoint, hookPoint } from "../../model/hook-points";
import { activationRounding } from "../../patching/change-line";
import type { CleanRuns } from "../../patching/clean-runs";
import { patchHead } from "../../patching/head-experiment";
import { neededForPatch, patch } from "../../patching/patch";
import { baselineCorrelation } from "../../patching/scaling-experiment";
import { breathe } from "../../progress/interrupt";
import type { Jackknifed } from "../../stats/jackknife-interval";
import { controls, noControls } from "./controls";
import { decomposition, noDecomposition } from "./decomposition";
import { jackknifedSlope } from "./jackknifed-slope";
import { lastTokenBaseline } from "./last-token";
import type { MeasuredRows } from "./measured-rows";
import { heldWhileMoved, movedInputs, neededForMovedInputs } from "./moved-inputs";
import type { AuditResult, Specificity } from "./result";
import { specificity } from "./specificity";
import type { NeuronEffects, SweepRuns } from "./sweep-runs";
import { MOST_UNREACHED } from "./thresholds";
import { type Evidence, verdictOf } from "./verdict";
import { type TextRuns, withinTextSlope } from "./within-text-slope";

/** What is measured of a head. */
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
  | "decomposition"
  | "random_directions"
  | "shuffled_labels"
>;

/** The numbers, and what they say. */
export interface Measured {
  readonly numbers: Numbers;
  readonly verdict: ReturnType<typeof verdictOf>;
}

export interface MeasureOptions {
  /** `[donor][text]` whose value each text takes. */
  readonly donors: readonly (readonly number[])[];
  /** The texts for what takes many runs. */
  readonly places: readonly number[];
  readonly clean: CleanRuns;
  /** Of the same texts. */
  readonly rows: MeasuredRows;
  readonly sweep: SweepRuns;
  readonly streams: RandomStreams;
  /** Told how many runs more are done. */
  readonly ran: (runs: number) => void;
}

/**
 * Measures a head on held-out texts.
 *
 * @param effects of every neuron of its target's activation; null where there are too few for a rank
 */
export async function measureHead(
  head: BoundHead,
  texts: MeasuredPrompts,
  effects: NeuronEffects | null,
  { donors, places, clean, rows, sweep, streams, ran }: MeasureOptions,
): Promise<Measured> {
  const { baseline, rounding } = await patchHead(head, texts, [], { clean });
  const { activation, prediction } = baseline;
  const r = correlationOverPrompts(
    baselineCorrelation(baseline, rounding),
    activation,
    prediction,
    { x: activation.map(activationRounding), y: rounding },
    "activation or prediction is the same on every text",
  );
  const observational = jackknifedSlope(activation, prediction);
  const whyNone = r.estimate === null ? r.reason : null;
  const causal = withinTextSlope(await neuronRuns(head, texts, { donors, activation, clean }));
  ran(donors.length * texts.length);
  await breathe();
  const inputs = await inputRuns(head, texts, { donors, activation, clean });
  ran(donors.length * texts.length);
  const input = inputs.reason === null ? withinTextSlope(inputs.runs) : null;
  const slope = whyNone === null ? (observational?.estimate ?? null) : null;
  const takenApart = await decomposition(head, rows, activation, slope);
  const special = specificity(head, effects, streams);
  const beside = await controls(head, texts, { places, donors, activation, clean, sweep, streams });
  const baselineOf = await lastTokenBaseline(head, texts, activation, prediction);
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
      decomposition: takenApart,
      ...beside,
    },
  };
}

/** Activations whose unpatched values an audit of a head takes at all positions: run once for all its steps. */
export function neededForMeasuring(head: BoundHead, texts: MeasuredPrompts): HookPoint[] {
  const { model, hook, index } = head;
  const set = { hook, index, patch: ["set", 0] } as const;
  return [
    ...neededForPatch(model, texts, [set], head),
    ...(whyNotMoved(head) === null ? neededForMovedInputs(head, texts) : []),
  ];
}

/** Nothing but the reason. */
export function withoutNumbers(verdict: AuditResult["verdict"], reason: string): Measured {
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
      decomposition: noDecomposition(reason),
      ...noControls(reason),
    },
  };
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
  const whyNot = whyNotMoved(head);
  if (whyNot !== null) return { runs: [], unreached: null, reason: whyNot };
  const moved = await movedInputs(head, texts, donors, clean);
  const { steps } = moved;
  const missed = steps.flat().filter((step) => step === null).length;
  const unreached = missed / (donors.length * texts.length);
  if (unreached > MOST_UNREACHED) {
    const reason = `moving the inputs reached the value on too few texts (${Math.round(100 * unreached)}% not reached)`;
    return { runs: [], unreached, reason };
  }
  const variants = heldWhileMoved(head, moved, activation);
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

function whyNotMoved({ hook, model }: BoundHead): string | null {
  const { nameInBlock } = hookPoint(hook, model.cfg);
  return nameInBlock === null || nameInBlock === "hook_resid_pre"
    ? `${hook} is what enters a block: there is nothing before it in the block`
    : null;
}
