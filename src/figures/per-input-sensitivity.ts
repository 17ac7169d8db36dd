import type { Annotations, Layout, PlotData } from "plotly.js";
import { FigureError } from "../errors";
import { extent } from "./extent";
import { factorPoints } from "./factor-points";
import type { Figure } from "./figure";
import { formatNumber } from "./format-number";
import { drawableFit, type LineFit } from "./line-fit";
import { panelTitle } from "./panel-title";
import { promptTitle } from "./prompt-label";
import { changesOf, type ScalingRuns } from "./scaling-runs";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLES } from "./template";
import type { TitleOptions } from "./title-options";
import { notEmpty } from "./validate";

/** One prompt's own fit of prediction change on activation change. */
export interface PromptFit extends LineFit {
  /** Which prompt: its place in `runs.prompts`. */
  readonly prompt: number;
}

/** More panels than this are too small to read. */
const MOST_PANELS = 8;
const MOST_COLUMNS = 4;
/** Space between panels, as a share of the plot's width and height. */
const COLUMN_GAP = 0.025;

/**
 * Small multiples: one panel for each prompt, at most eight, in the order given, all on the same
 * axes, each with its own fitted line (intercept included).
 *
 * @param fits - the prompts' fits in the order of the panels; usually by |slope|, largest first
 * @throws {FigureError} naming the series, when lengths differ, a number is not finite, or a fit
 *   names a prompt that does not exist
 *
 * @example
 * perInputSensitivity(runs, [{ prompt: 3, slope: 0.5, intercept: 0, r_squared: 0.99 }]);
 */
export function perInputSensitivity(
  runs: ScalingRuns,
  fits: readonly PromptFit[],
  { title = "How strongly the prediction follows, prompt by prompt", subtitle }: TitleOptions = {},
): Figure {
  const changes = changesOf("per_input_sensitivity", runs);
  notEmpty("per_input_sensitivity", fits, "fit");
  const shown = fits.slice(0, MOST_PANELS);
  for (const { prompt } of shown) {
    if (changes.prompts[prompt] === undefined) {
      throw new FigureError("A fit names a prompt that does not exist", {
        found: `prompt ${prompt}`,
        expected: `0 to ${changes.prompts.length - 1}`,
      });
    }
  }
  const columns = Math.min(shown.length, MOST_COLUMNS);
  const rows = Math.ceil(shown.length / columns);
  const height = 170 + rows * 190;
  const rowGap = rows === 1 ? 0 : 62 / (height - 200);
  const panelWidth = (1 - COLUMN_GAP * (columns - 1)) / columns;
  const panelHeight = (1 - rowGap * (rows - 1)) / rows;
  const prompts = shown.map(({ prompt }) => prompt);
  const drawn = prompts.flatMap((prompt) => changes.activationChanges.map((row) => row[prompt]!));

  const data: Partial<PlotData>[] = [];
  const axes: Record<string, unknown> = {};
  const annotations: Partial<Annotations>[] = [];
  shown.forEach((fit, index) => {
    const suffix = index === 0 ? "" : String(index + 1);
    const [row, column] = [Math.floor(index / columns), index % columns];
    const left = column * (panelWidth + COLUMN_GAP);
    const top = 1 - row * (panelHeight + rowGap);
    const own = { xaxis: `x${suffix}`, yaxis: `y${suffix}` };
    const isLowest = index + columns >= shown.length;
    axes[`xaxis${suffix}`] = {
      anchor: own.yaxis,
      domain: [left, left + panelWidth],
      matches: index === 0 ? undefined : "x",
      showticklabels: isLowest,
      nticks: 5,
      tickfont: { size: 11 },
    };
    axes[`yaxis${suffix}`] = {
      anchor: own.xaxis,
      domain: [Math.max(0, top - panelHeight), top],
      matches: index === 0 ? undefined : "y",
      showticklabels: column === 0,
      nticks: 6,
      tickfont: { size: 11 },
    };
    const prompt = changes.prompts[fit.prompt]!;
    const drawable = drawableFit(`prompt ${fit.prompt}`, fit, "", "");
    data.push(
      ...factorPoints(
        changes,
        (factor, at) => [
          changes.activationChanges[factor]![at]!,
          changes.predictionChanges[factor]![at]!,
        ],
        [fit.prompt],
      ).map((trace): Partial<PlotData> => ({ ...trace, ...own, showlegend: index === 0 })),
    );
    if (drawable.line !== null) {
      const ends = extent(changes.activationChanges.map((values) => values[fit.prompt]!));
      data.push({
        ...own,
        type: "scatter",
        mode: "lines",
        name: "fitted line",
        legendgroup: "fitted line",
        showlegend: index === shown.findIndex(({ slope }) => slope !== null),
        x: [...ends],
        y: ends.map(drawable.line),
        line: { color: INK, width: 1.5 },
        hoverinfo: "skip",
      });
    }
    const note =
      drawable.line === null
        ? drawable.equation
        : `slope ${formatNumber(fit.slope, 3)}, ${drawable.quality}`;
    annotations.push(
      panelTitle(
        `<b>${promptTitle(prompt, Math.floor(112 / columns) - 1)}</b><br>${note}`,
        left,
        top,
        11,
      ),
    );
  });

  const hidden = fits.length - shown.length;
  return figure({
    title,
    subtitle:
      subtitle ??
      `Change of the prediction against change of the activation, on the same axes${
        hidden > 0 ? `; ${shown.length} of ${fits.length} prompts` : ""
      }`,
    description: `${title}. ${shown
      .map(
        ({ prompt, slope, r_squared }) =>
          `"${changes.prompts[prompt]}": slope ${formatNumber(slope)}, R² ${formatNumber(r_squared)}`,
      )
      .join("; ")}. Activation changes from ${extent(drawn)
      .map((value) => formatNumber(value))
      .join(" to ")}.`,
    height,
    data,
    layout: {
      margin: { t: ROOM_FOR_TITLES + 16, r: 24, b: ROOM_FOR_LEGEND, l: 72 },
      ...(axes as Partial<Layout>),
      legend: { title: { text: "factor  " } },
      annotations: [
        ...annotations,
        {
          text: "change of the activation",
          showarrow: false,
          xref: "paper",
          x: 0.5,
          yref: "paper",
          y: 0,
          yanchor: "top",
          yshift: -26,
          font: { size: 13 },
        },
        {
          text: "change of the prediction",
          showarrow: false,
          textangle: "-90",
          xref: "paper",
          x: 0,
          xanchor: "right",
          xshift: -46,
          yref: "paper",
          y: 0.5,
          font: { size: 13 },
        },
      ],
    },
  });
}
