import type { Annotations, Layout, LayoutAxis, PlotData } from "plotly.js";
import { FigureError } from "../../../errors";
import { extent } from "../../../figures/extent";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { drawableFit, type LineFit } from "../../../figures/line-fit";
import { type Panel, panelGrid } from "../../../figures/panel-grid";
import { panelTitle } from "../../../figures/panel-title";
import { promptTitle } from "../../../figures/prompt-label";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLES } from "../../../figures/template";
import { notEmpty } from "../../../figures/validate";
import { cutText } from "../../../text/cut-text";
import { escapeHtml } from "../../../text/escape-html";
import { formatNumber } from "../../../text/format-number";
import { factorPoints } from "./factor-points";
import { type Changes, changesOf, type ScalingRuns } from "./scaling-runs";

/** One prompt's own fit of prediction change on activation change. */
export interface PromptSensitivity extends LineFit {
  /** Which prompt: its place in `runs.prompts`. */
  readonly prompt: number;
}

export interface PerInputSensitivityOptions extends FigureOptions {
  /** How the fits are sorted, such as "from the steepest to the flattest". */
  readonly order?: string;
}

/** A prompt in the description, in characters. */
const LONGEST_PROMPT = 400;
/** More panels than this are too small to read. */
const MOST_PANELS = 8;
const MOST_COLUMNS = { notebook: 4, column: 2 } as const;
/** In pixels, without the room for titles and legend. */
const ROW_HEIGHT = 190;
const ROW_GAP = 62;
/** Letters of 11 px, bold, over the whole width. */
const LETTERS = { notebook: 106, column: 40 } as const;

/**
 * Small multiples: one panel for each prompt, in the order given, all on the same axes, each with its
 * own fitted line (intercept included). Of more than eight, eight from the first to the last.
 *
 * @param fits - the prompts' fits in the order of the panels; usually by |slope|, largest first
 * @throws {FigureError} naming the series, when lengths differ, a number is not finite, or a fit
 *   names a prompt that does not exist
 *
 * @example
 * perInputSensitivityFigure(runs, [{ prompt: 3, slope: 0.5, intercept: 0, r_squared: 0.99 }]);
 */
export function perInputSensitivityFigure(
  runs: ScalingRuns,
  fits: readonly PromptSensitivity[],
  {
    title = "How strongly the prediction follows, prompt by prompt",
    subtitle,
    size = "notebook",
    order,
  }: PerInputSensitivityOptions = {},
): Figure {
  const changes = changesOf("per_input_sensitivity", runs);
  notEmpty("per_input_sensitivity", fits, "fit");
  const shown = spread(fits, MOST_PANELS);
  for (const { prompt } of shown) checkPrompt(prompt, changes);

  const columns = Math.min(shown.length, MOST_COLUMNS[size]);
  const rows = Math.ceil(shown.length / columns);
  const plotHeight = rows * ROW_HEIGHT - 46;
  const panels = panelGrid(shown.length, {
    columns,
    columnGap: columns > 2 ? 0.025 : 0.05,
    rowGap: rows === 1 ? 0 : ROW_GAP / plotHeight,
  });
  const firstLine = shown.findIndex(({ slope }) => slope !== null);
  const some =
    fits.length > shown.length
      ? `; ${shown.length} of ${fits.length} prompts${order === undefined ? "" : `, ${order}`}`
      : "";
  return figure({
    title,
    subtitle:
      subtitle ??
      `Change of the prediction against change of the activation, on the same axes${some}`,
    description: `${title}. ${shown
      .map(
        ({ prompt, slope, r_squared }) =>
          `"${cutText(changes.prompts[prompt]!, LONGEST_PROMPT)}": slope ${formatNumber(slope)}, R² ${formatNumber(r_squared)}`,
      )
      .join("; ")}.`,
    height: plotHeight + ROOM_FOR_TITLES + 16 + ROOM_FOR_LEGEND[size],
    size,
    data: shown.flatMap((fit, index) =>
      panelTraces(changes, fit, panels[index]!, index === firstLine),
    ),
    layout: {
      margin: { t: ROOM_FOR_TITLES + 16, r: 24, b: ROOM_FOR_LEGEND[size], l: 72 },
      ...Object.assign({}, ...panels.map(panelAxes)),
      legend: { title: { text: "factor  " } },
      annotations: [
        ...shown.map((fit, index) =>
          promptPanelTitle(changes, fit, panels[index]!, Math.floor(LETTERS[size] / columns) - 1),
        ),
        ...sharedAxisTitles(),
      ],
    },
  });
}

/** So many of them, evenly from the first to the last. */
function spread<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from(
    { length: most },
    (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!,
  );
}

function checkPrompt(prompt: number, { prompts }: Changes): void {
  if (prompts[prompt] === undefined) {
    throw new FigureError("A fit names a prompt that does not exist", {
      found: `prompt ${prompt}`,
      expected: `0 to ${prompts.length - 1}`,
    });
  }
}

function panelTraces(
  changes: Changes,
  fit: PromptSensitivity,
  { x, y, isFirst }: Panel,
  isFirstLine: boolean,
): Partial<PlotData>[] {
  const change = (factor: number): [number, number] => [
    changes.activationChanges[factor]![fit.prompt]!,
    changes.predictionChanges[factor]![fit.prompt]!,
  ];
  const points = factorPoints(changes, change, [fit.prompt]).map(
    (trace): Partial<PlotData> => ({ ...trace, xaxis: x, yaxis: y, showlegend: isFirst }),
  );
  const { line } = drawableFit(`prompt ${fit.prompt}`, fit, "", "");
  if (line === null) return points;
  const ends = extent(changes.activationChanges.map((row) => row[fit.prompt]!));
  return [
    ...points,
    {
      type: "scatter",
      mode: "lines",
      name: "fitted line",
      legendgroup: "fitted line",
      showlegend: isFirstLine,
      xaxis: x,
      yaxis: y,
      x: [...ends],
      y: ends.map(line),
      line: { color: INK, width: 1.5 },
      hoverinfo: "skip",
    },
  ];
}

function panelAxes(panel: Panel): Partial<Layout> {
  return {
    [panel.xaxis]: {
      anchor: panel.y,
      domain: [panel.left, panel.right],
      matches: panel.isFirst ? undefined : "x",
      nticks: 5,
      ...tickLabels(panel.isLowest),
    },
    [panel.yaxis]: {
      anchor: panel.x,
      domain: [panel.bottom, panel.top],
      matches: panel.isFirst ? undefined : "y",
      nticks: 6,
      ...tickLabels(panel.isLeftmost),
    },
  };
}

function tickLabels(areShown: boolean): Partial<LayoutAxis> {
  return areShown ? { tickfont: { size: 11 } } : { showticklabels: false };
}

function promptPanelTitle(
  { prompts }: Changes,
  fit: PromptSensitivity,
  { left, top }: Panel,
  letters: number,
): Partial<Annotations> {
  const { line, equation, quality } = drawableFit(`prompt ${fit.prompt}`, fit, "", "");
  const note = line === null ? equation : `slope ${formatNumber(fit.slope, 3)}, ${quality}`;
  const prompt = promptTitle(prompts[fit.prompt]!, letters);
  return panelTitle(`<b>${prompt}</b><br>${escapeHtml(note)}`, left, top, 11);
}

function sharedAxisTitles(): Partial<Annotations>[] {
  const title = { showarrow: false, xref: "paper", yref: "paper", font: { size: 13 } } as const;
  return [
    { ...title, text: "change of the activation", x: 0.5, y: 0, yanchor: "top", yshift: -26 },
    {
      ...title,
      text: "change of the prediction",
      // A number in the schema, a string in its types.
      textangle: -90 as never,
      x: 0,
      xanchor: "right",
      xshift: -46,
      y: 0.5,
    },
  ];
}
