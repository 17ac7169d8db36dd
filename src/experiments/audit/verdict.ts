import { ends } from "../../analysis/over-prompts";
import type { Interval } from "../../results/evidence-parts";
import { formatNumber } from "../../text/format-number";
import type { AuditResult, Criterion, Specificity } from "./result";
import { THRESHOLDS } from "./thresholds";

/** What a verdict is made of. */
export interface Evidence {
  readonly r: Interval;
  readonly causal_share: Interval;
  readonly input_share: Interval;
  readonly both_shares: Interval;
  readonly specificity: Specificity;
}

export interface Verdict {
  readonly verdict: AuditResult["verdict"];
  /** Why, beside the criteria. */
  readonly decided: string;
  readonly criteria: readonly Criterion[];
}

/**
 * The verdict of SPEC section 10: the first rule that holds.
 */
export function verdictOf(evidence: Evidence): Verdict {
  const { specificity } = evidence;
  const r = judged(evidence.r);
  const causal = judged(evidence.causal_share);
  const input = judged(evidence.input_share);
  const both = judged(evidence.both_shares);
  const { correlation, share, rank } = THRESHOLDS;
  const criteria: Criterion[] = [
    criterion(
      "correlation r",
      r,
      `upper end ≥ ${formatNumber(correlation, 3)}`,
      above(r.high, correlation),
    ),
    criterion("causal share", causal, `lower end ≥ ${share}`, above(causal.low, share)),
    {
      name: "rank among its activation's neurons",
      ...{ estimate: specificity.rank, low: null, high: null },
      threshold: `p = rank / number ≤ ${rank}`,
      met: specificity.p_value === null ? null : specificity.p_value <= rank,
    },
    criterion("input share", input, `lower end ≥ ${share}`, above(input.low, share)),
    criterion("causal share + input share", both, `upper end < ${share}`, below(both.high, share)),
  ];
  const decided = (verdict: Verdict["verdict"], why: string) => ({
    verdict,
    decided: why,
    criteria,
  });
  if (r.high === null)
    return decided("no verdict", `there is no correlation to judge: ${r.reason}`);
  if (r.high < correlation) {
    const reversed = r.high < 0 ? "; it is reversed" : "";
    return decided(
      "does not predict",
      `its correlation is below ${formatNumber(correlation, 3)}${reversed}`,
    );
  }
  const isSpecial = specificity.p_value !== null && specificity.p_value <= rank;
  if (above(causal.low, share) && isSpecial)
    return decided("reads the neuron", "causal share and rank");
  const isBelow = below(causal.high, share) === true;
  if (isBelow && above(input.low, share)) return decided("reads its inputs", "input share");
  if (below(both.high, share))
    return decided("reads a correlate", "causal and input share together");
  const all = { r, causal_share: causal, input_share: input, both_shares: both, specificity };
  return decided("undecided", undecided(all, isSpecial));
}

/** With its ends also where there is no scatter. */
function judged(interval: Interval): Interval {
  return { ...interval, ...ends(interval) };
}

/** The criterion that failed, or the interval that decides nothing. */
function undecided(
  { causal_share: causal, input_share: input, both_shares: both, specificity }: Evidence,
  isSpecial: boolean,
): string {
  const { share } = THRESHOLDS;
  if (causal.low === null || causal.high === null)
    return `there is no causal share: ${causal.reason}`;
  if (causal.low >= share && !isSpecial) {
    return specificity.p_value === null
      ? `there is no rank: ${specificity.reason}`
      : `the causal share is large enough, but the target is no more special than other neurons (rank ${specificity.rank} of ${specificity.of})`;
  }
  if (causal.high >= share) return `the interval of the causal share holds ${share}`;
  if (input.low === null) return `there is no input share: ${input.reason}`;
  if (both.high === null) return `there is no sum of shares: ${both.reason}`;
  if (input.high! >= share) return `the interval of the input share holds ${share}`;
  return both.low! >= share
    ? `both shares together are at least ${share}, neither is alone`
    : `the interval of both shares together holds ${share}`;
}

function criterion(
  name: string,
  { estimate, low, high }: Interval,
  threshold: string,
  met: boolean | null,
): Criterion {
  return { name, estimate, low, high, threshold, met };
}

function above(value: number | null, threshold: number): boolean | null {
  return value === null ? null : value >= threshold;
}

function below(value: number | null, threshold: number): boolean | null {
  return value === null ? null : value < threshold;
}
