import { colourOf } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { type IntervalRow, intervalRow, intervalRows } from "../../../figures/interval-rows";
import { figure, ROOM_FOR_TITLE } from "../../../figures/template";
import type { Interval } from "../../../results/evidence-parts";
import { cellText } from "../../../text/cell";
import type { AuditResult } from "../result";
import { THRESHOLDS } from "../thresholds";

/** What the figure reads of a result. */
export type AuditAtAGlanceInput = Pick<
  AuditResult,
  "verdict" | "causal_share" | "input_share" | "both_shares" | "specificity" | "prediction"
>;

/**
 * An audit at a glance: the shares of what a head knows of its neuron, with their 95% intervals over texts,
 * beside the half that a verdict takes.
 *
 * @throws {FigureError} when a number is not finite
 *
 * @example
 * auditAtAGlanceFigure(await analyzeAudit(head));
 */
export function auditAtAGlanceFigure(
  { verdict, causal_share, input_share, both_shares, specificity, prediction }: AuditAtAGlanceInput,
  {
    title = `What does the head read? ${sentenceCase(verdict)}`,
    subtitle = "Shares of what it knows of the neuron; bars are 95% intervals over texts, diamonds the threshold",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const rows = [
    share("from the neuron itself", causal_share, colourOf("head")),
    share("by what the neuron reads", input_share, colourOf("mlp_input")),
    share("both together", both_shares, colourOf("other")),
  ];
  const { rank, of } = specificity;
  const known = [
    correlation(prediction.r),
    rank === null ? "" : `the neuron is number ${rank} of ${of}`,
  ].filter((text) => text !== "");
  const { data, layout, height } = intervalRows([{ title: known.join(", "), rows }], {
    size,
    xTitle: "share (1: all of it, 0: none)",
  });
  return figure({
    title,
    subtitle,
    description: `${title}. ${rows.map(({ label, note }) => `${label}: ${note}`).join("; ")}.`,
    height: height + ROOM_FOR_TITLE,
    size,
    data,
    layout: { ...layout, margin: { ...layout.margin, t: ROOM_FOR_TITLE } },
  });
}

function share(label: string, of: Interval, colour: string): IntervalRow {
  return { ...intervalRow(label, of, colour), mark: THRESHOLDS.share };
}

function correlation(r: Interval): string {
  return r.estimate === null ? "" : `r ${cellText(r)}`;
}

function sentenceCase(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}`;
}
