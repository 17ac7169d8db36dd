import { colourOf } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { type IntervalRow, intervalRow, intervalRows } from "../../../figures/interval-rows";
import { figure, ROOM_FOR_TITLE } from "../../../figures/template";
import { formatNumber } from "../../../text/format-number";
import type { ActivationPatchingResult } from "../result";

/** What the figure reads of a result. */
export type SlopeEvidenceInput = Pick<
  ActivationPatchingResult,
  "evidence" | "direct_effect" | "quantiles" | "controls" | "per_input"
>;

/**
 * The slope by every way that it was measured, with 95% intervals over prompts, and what the same
 * experiment gives for other neurons and for heads that learnt noise.
 *
 * @throws {FigureError} when a number is not finite
 *
 * @example
 * slopeEvidenceFigure(patching);
 */
export function slopeEvidenceFigure(
  { evidence, direct_effect, quantiles, controls, per_input }: SlopeEvidenceInput,
  {
    title = "How sure is the slope, and beside what?",
    subtitle = "Change of the prediction per change of the activation; bars are 95% intervals over prompts",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const { all_points, changed_points, prompt_slopes } = evidence;
  const { closed_form } = direct_effect;
  const own = per_input
    .filter((_, prompt) => !prompt_slopes.left_out.includes(prompt))
    .map(({ slope }) => slope)
    .filter((slope) => slope !== null);
  const head = colourOf("head");
  const ofPrompts = {
    ...intervalRow("mean of the prompts' own", prompt_slopes.mean, head),
    dots: own,
  };
  const pooled = [
    intervalRow("all points", all_points.slope, head),
    intervalRow("without factor 1", changed_points.slope, head),
  ];
  // What describes the prompts stands first.
  const isOwn = evidence.typical_slope.of === "prompt_slopes";
  const measured = [
    ...(isOwn ? [ofPrompts, ...pooled] : [...pooled, ofPrompts]),
    intervalRow("set to its quantiles", quantiles.slope, head),
    intervalRow("direct path alone", direct_effect.direct_slope, colourOf("mlp_output")),
    ...(closed_form.slope === null
      ? []
      : [single("closed form", closed_form.slope, colourOf("mlp_output"))]),
  ];
  const compared = [
    dots(
      "other neurons of the layer",
      controls.neurons.neurons.map(({ slope }) => slope),
      controls.neurons.reason ?? rankText(controls.neurons.slope_rank),
    ),
    dots(
      "heads on shuffled labels",
      controls.shuffled_labels.heads.map(({ slope }) => slope),
      controls.shuffled_labels.reason ?? rankText(controls.shuffled_labels.slope_rank),
    ),
  ];
  const groups = [
    { title: "This head, this neuron", rows: measured },
    { title: "The same experiment elsewhere", rows: compared },
  ];
  const { data, layout, height } = intervalRows(groups, { size, xTitle: "slope" });
  return figure({
    title,
    subtitle,
    description: `${title} ${[...measured, ...compared].map(({ label, note }) => `${label}: ${note}`).join("; ")}.`,
    height: height + ROOM_FOR_TITLE,
    size,
    data,
    layout: { ...layout, margin: { ...layout.margin, t: ROOM_FOR_TITLE } },
  });
}

function single(label: string, value: number, colour: string): IntervalRow {
  return { label, colour, range: null, point: value, note: formatNumber(value, 3) };
}

function dots(label: string, slopes: readonly (number | null)[], note: string): IntervalRow {
  const values = slopes.filter((slope) => slope !== null);
  // A long reason is for the tables.
  const short = values.length === 0 ? "none" : note;
  return { label, colour: colourOf("other"), range: null, dots: values, note: short };
}

function rankText({ rank, of }: { readonly rank: number | null; readonly of: number }): string {
  return rank === null ? "no rank" : `this slope is rank ${rank} of ${of}`;
}
