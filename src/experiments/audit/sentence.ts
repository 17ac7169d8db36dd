import type { Interval } from "../../results/evidence-parts";
import type { Cell } from "../../text/cell";
import { cellText } from "../../text/cell";
import { joinPhrases, phrase } from "../../text/phrase";
import type { AuditResult, Specificity } from "./result";

/** What a sentence is made of. */
export type Audited = Pick<
  AuditResult,
  "verdict" | "prediction" | "causal_share" | "input_share" | "specificity"
>;

/** Correlations from which on a head predicts well, and at all worth the word. */
const [WELL, SOMEWHAT] = [0.7, 0.4];

/** What a head reads, in one sentence, and the verdict. */
export function auditSentence(audited: Audited, decided: string): string {
  return cellText(auditPhrase(audited, decided));
}

/** The same with its numbers as numbers. */
export function auditPhrase(
  { verdict, prediction, causal_share, input_share, specificity }: Audited,
  decided: string,
): Cell {
  const verdictWords = {
    "does not predict": `It does not predict: ${decided}.`,
    "reads the neuron": "It reads the neuron.",
    "reads its inputs": "It reads what the neuron reads, not the neuron.",
    "reads a correlate": "It reads a correlate.",
    undecided: `Undecided: ${decided}.`,
    "cannot be tested this way": `It cannot be tested this way: ${decided}.`,
    "no verdict": `No verdict: ${decided}.`,
  }[verdict];
  if (verdict === "cannot be tested this way" || verdict === "no verdict") return verdictWords;
  if (verdict === "does not predict") {
    return phrase`Predicts ${howWell(prediction.r)} (r ${prediction.r.estimate}). ${verdictWords}`;
  }
  const parts = [
    phrase`Predicts ${howWell(prediction.r)} (r ${prediction.r.estimate})`,
    causal_share.estimate === null
      ? `how much of that comes from the neuron is not known (${causal_share.reason})`
      : phrase`${percent(causal_share)} of what it knows of the neuron comes from the neuron itself`,
    specificityPhrase(specificity),
    input_share.estimate === null
      ? `what comes from its inputs is not known (${input_share.reason})`
      : phrase`moving what the neuron reads without it carries a share of ${input_share}`,
  ];
  return phrase`${joinPhrases(parts, "; ")}. ${verdictWords}`;
}

function howWell({ estimate }: Interval): string {
  if (estimate === null) return "unknown how well";
  return estimate >= WELL ? "well" : estimate >= SOMEWHAT ? "somewhat" : "badly";
}

function percent({ estimate, low, high }: Interval): Cell {
  const of = (value: number) => String(Math.round(100 * value));
  const range = low === null || high === null ? "" : ` [${of(low)}, ${of(high)}]`;
  return `${of(estimate!)}%${range}`;
}

function specificityPhrase({ rank, of, reason, p_value }: Specificity): Cell {
  if (rank === null) return `how special the neuron is to it is not known (${reason})`;
  if (rank === 1) return `no other neuron matters as much (1 of ${of})`;
  const others = rank - 1 === 1 ? "one other neuron matters" : `${rank - 1} other neurons matter`;
  const few = p_value !== null && p_value <= 0.05 ? "" : ", so it is nothing special";
  return `${others} as much or more (rank ${rank} of ${of}${few})`;
}
