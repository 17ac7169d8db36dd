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
  | "verdict"
  | "causal_share"
  | "input_share"
  | "both_shares"
  | "specificity"
  | "prediction"
  | "observational_slope"
  | "causal_slope"
  | "random_directions"
  | "shuffled_labels"
>;

/**
 * An audit at a glance: the causal slope and the one by what the neuron reads as shares of the observational
 * slope, with their 95% intervals over texts, beside the half that a verdict takes; and how much other
 * neurons, random directions and heads that learnt shuffled labels are moved, as shares of what the neuron
 * moves the head.
 *
 * @throws {FigureError} when a number is not finite
 *
 * @example
 * auditAtAGlanceFigure(await analyzeAudit(head));
 */
export function auditAtAGlanceFigure(
  input: AuditAtAGlanceInput,
  {
    title = `What does the head read? ${sentenceCase(input.verdict)}`,
    subtitle = "Bars are 95% intervals over texts, diamonds what is compared with",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const { causal_share, input_share, both_shares, prediction } = input;
  const groups = [
    {
      title: `Share of the observational slope (r ${cellText(prediction.r)})`,
      rows: [
        share("the neuron itself set", causal_share, colourOf("head")),
        share("what the neuron reads moved", input_share, colourOf("mlp_input")),
        share("both together", both_shares, colourOf("other")),
      ],
    },
    { title: "Effect, as a share of the neuron's", rows: controlRows(input) },
  ].filter(({ rows }) => rows.length > 0);
  const { data, layout, height } = intervalRows(groups, {
    size,
    xTitle: "share (1: all of it, 0: none)",
    shows: [0, 1],
  });
  const said = groups.flatMap(({ rows }) => rows.map(({ label, note }) => `${label}: ${note}`));
  return figure({
    title,
    subtitle,
    description: `${title}. ${slopes(input)}. ${said.join("; ")}.`,
    height: height + ROOM_FOR_TITLE,
    size,
    data,
    layout: { ...layout, margin: { ...layout.margin, t: ROOM_FOR_TITLE } },
  });
}

/** What the shares are of, in words. */
function slopes({ observational_slope, causal_slope }: AuditAtAGlanceInput): string {
  return `Observational slope ${cellText(observational_slope)}, causal slope ${cellText(causal_slope)}`;
}

function controlRows({
  specificity,
  random_directions,
  shuffled_labels,
}: AuditAtAGlanceInput): IntervalRow[] {
  const rows: IntervalRow[] = [];
  const { effect, largest, rank, of } = specificity;
  if (effect !== null && effect > 0 && rank !== null) {
    rows.push({
      ...{ label: "neurons that matter most", colour: colourOf("random"), range: null, mark: 1 },
      dots: largest.map((one) => one.effect / effect),
      note: `the neuron is number ${rank} of ${of}`,
    });
  }
  const random = random_directions;
  if (random.effect !== null && random.effect > 0 && random.median_effect !== null) {
    const ratio = random.median_effect / random.effect;
    rows.push({
      ...{ label: "random directions, median", colour: colourOf("random"), range: null, mark: 1 },
      ...{ point: ratio, note: `${cellText(ratio)}; number ${random.rank} of ${random.of}` },
    });
  }
  const { effect: own, heads } = shuffled_labels;
  if (own !== null && own > 0 && heads.length > 0) {
    rows.push({
      ...{ label: "heads on shuffled labels", colour: colourOf("random"), range: null, mark: 1 },
      dots: heads.map((head) => head.effect / own),
      note: `number ${shuffled_labels.rank} of ${shuffled_labels.of}`,
    });
  }
  return rows;
}

function share(label: string, of: Interval, colour: string): IntervalRow {
  return { ...intervalRow(label, of, colour), mark: THRESHOLDS.share };
}

function sentenceCase(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}`;
}
