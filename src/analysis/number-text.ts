import type { Interval } from "../results/evidence-parts";

/** A number for a table's text: three significant digits and a real minus sign; `–` where there is none. */
export function numberText(value: number | null): string {
  if (value === null) return "–";
  return String(Number(value.toPrecision(3))).replace(/-/g, "−");
}

/** `0.117 [0.114, 0.121]`; only the estimate where there is no interval. */
export function withInterval({
  estimate,
  low,
  high,
}: Pick<Interval, "estimate" | "low" | "high">): string {
  if (low === null || high === null) return numberText(estimate);
  return `${numberText(estimate)} [${numberText(low)}, ${numberText(high)}]`;
}

/** `p = 0.012`, or that there is none. */
export function pValueText(p: number | null): string {
  return p === null ? "no p-value" : `p = ${Number(p.toPrecision(2))}`;
}

/** `rank 3 of 512`, or that there is none. */
export function rankText({
  rank,
  of,
}: {
  readonly rank: number | null;
  readonly of: number;
}): string {
  return rank === null ? "no rank" : `rank ${rank} of ${of}`;
}
