import { colourOf, withOpacity } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "../../../figures/template";
import { drawable, sameLength } from "../../../figures/validate";
import { count } from "../../../text/count";
import { escapeHtml } from "../../../text/escape-html";
import { formatNumber } from "../../../text/format-number";

/** Neurons of one activation with the size of their effect; null for one that was not patched. */
export interface RankedNeurons {
  /** The activation's name. */
  readonly hook: string;
  /** `[neuron]` mean over prompts of the prediction's change. */
  readonly mean_change: readonly (number | null)[];
  /** `[neuron]` mean over prompts of its magnitude. */
  readonly mean_abs_change: readonly (number | null)[];
}

/** The neuron that the head predicts. */
export interface MarkedNeuron {
  readonly hook: string;
  readonly index: number;
}

/** How the lines of the first, second, … activation look. */
const KINDS = ["prediction", "mlp_output", "activation", "basis"] as const;

/**
 * Every neuron by the size of its effect on the prediction, the largest first, one line for each
 * activation, the head's target marked.
 *
 * @throws {FigureError} naming the activation, when a number is not finite or the lists differ in length
 *
 * @example
 * neuronSweepFigure([{ hook: "blocks.2.mlp.hook_post", mean_change: [0.1, -0.3], mean_abs_change: [0.1, 0.3] }], {
 *   hook: "blocks.2.mlp.hook_post",
 *   index: 0,
 * });
 */
export function neuronSweepFigure(
  swept: readonly RankedNeurons[],
  target: MarkedNeuron | null,
  {
    title = "Which neurons does the prediction depend on?",
    subtitle,
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const lines = swept.map(ranked);
  const own = target && lines.find(({ hook }) => hook === target.hook);
  const place = own ? own.neurons.findIndex(({ index }) => index === target.index) : -1;
  const marked =
    place < 0 ? null : { rank: place + 1, of: own!.neurons.length, ...own!.neurons[place]! };
  const position = marked
    ? `the target is number ${marked.rank} of ${marked.of}`
    : "the target is not among them";
  const data = lines.map(({ hook, neurons }, i) => line(hook, neurons, colourOf(KINDS[i % 4]!)));
  if (marked) data.push(targetMark(target!, marked));
  return figure({
    title,
    subtitle:
      subtitle ?? `Each neuron patched alone, ranked by the prediction's mean change; ${position}`,
    description: `${title} ${lines.map(({ hook, neurons }) => `${count(neurons.length, "neuron")} of ${hook}`).join(", ")}; ${position}.`,
    height: 348 + ROOM_FOR_LEGEND[size],
    size,
    data,
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 24, b: ROOM_FOR_LEGEND[size], l: 72 },
      xaxis: { title: { text: "rank" }, type: "log", dtick: 1, exponentformat: "none" },
      yaxis: { title: { text: "mean |change of the prediction|" }, rangemode: "tozero" },
    },
  });
}

interface RankedNeuron {
  readonly index: number;
  readonly change: number;
  readonly size: number;
}

function ranked({ hook, mean_change, mean_abs_change }: RankedNeurons): {
  hook: string;
  neurons: RankedNeuron[];
} {
  sameLength(hook, mean_change, mean_abs_change.length, "neuron");
  const neurons = mean_abs_change.flatMap((size, index) =>
    size === null ? [] : [{ index, size, change: mean_change[index]! }],
  );
  drawable(
    hook,
    neurons.flatMap(({ size, change }) => [size, change]),
  );
  return { hook, neurons: neurons.sort((a, b) => b.size - a.size || a.index - b.index) };
}

function line(
  hook: string,
  neurons: readonly RankedNeuron[],
  colour: string,
): Record<string, unknown> {
  return {
    type: "scatter",
    mode: "lines+markers",
    name: escapeHtml(hook),
    meta: escapeHtml(hook),
    x: neurons.map((_, i) => i + 1),
    y: neurons.map(({ size }) => size),
    line: { color: withOpacity(colour, 0.5), width: 1.5 },
    marker: { color: colour, size: 5 },
    customdata: neurons.map(({ index, change }) => [index, formatNumber(change)]),
    hovertemplate:
      "%{meta}, neuron %{customdata[0]}<br>rank %{x}<br>mean change %{customdata[1]}<br>mean |change| %{y:.4g}<extra></extra>",
  };
}

function targetMark(
  { hook, index }: MarkedNeuron,
  { rank, of, size, change }: { rank: number; of: number; size: number; change: number },
): Record<string, unknown> {
  return {
    type: "scatter",
    mode: "markers+text",
    name: "the target",
    meta: escapeHtml(hook),
    x: [rank],
    y: [size],
    text: [`target: ${rank} of ${of}`],
    textposition: rank > of / 8 ? "top left" : "top right",
    textfont: { size: 12, color: INK },
    marker: { symbol: "circle-open", size: 14, color: INK, line: { width: 2 } },
    hovertemplate: `the target: %{meta}, neuron ${index}<br>rank ${rank} of ${of}<br>mean change ${formatNumber(change)}<br>mean |change| %{y:.4g}<extra></extra>`,
  };
}
