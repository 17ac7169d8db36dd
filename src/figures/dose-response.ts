import type { PlotData, Slider } from "plotly.js";
import { FigureError } from "../errors";
import { mean } from "../stats/mean";
import { formatNumber } from "../text/format-number";
import { COLOURWAY, withOpacity } from "./colours";
import { extent, padded } from "./extent";
import type { Figure } from "./figure";
import type { FigureOptions } from "./figure-options";
import { promptHover, promptTitle } from "./prompt-label";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE, SOFT_INK } from "./template";
import { thinLine } from "./thin-line";
import { drawable, notEmpty, sameLength } from "./validate";

/** What is drawn of a dose–response, as `doseResponse` gives it. */
export interface DoseResponseValues {
  readonly hook: string;
  readonly index: number;
  /** Rising. */
  readonly values: readonly number[];
  readonly texts: readonly {
    readonly text: string | null;
    readonly tokens: readonly number[];
    readonly clean: { readonly activation: number; readonly prediction: number };
    readonly prediction: readonly number[];
  }[];
  /** Why no value can change a prediction; null where one can. */
  readonly whyFlat: string | null;
}

export interface DoseResponseFigureOptions extends FigureOptions {
  /** A slider that moves the neuron; on unless told otherwise. */
  readonly slider?: boolean;
}

/** A slider with more steps is slow to draw, and a page refuses it. */
const MOST_STEPS = 200;
/** With more texts their lines are thin, and have no names. */
const MOST_NAMED = 6;
/** In pixels. */
const PANEL = 320;
const ROOM_FOR_SLIDER = 92;
const LONGEST_NAME = { notebook: 44, column: 34 } as const;

/**
 * How each text's prediction follows the neuron, the unpatched point marked. The slider moves the neuron
 * through the values that were run (nothing is computed or read between them) and says what the
 * prediction becomes; it stands at the unpatched value, as every still picture shows it.
 *
 * @param dose as `doseResponse` gives it
 * @throws {FigureError} when there is no value or text, series differ in length, a number is not finite, or
 *   there are too many values for a slider
 *
 * @example
 * const dose = await doseResponse(head, "The king said to his");
 * await showFigure(doseResponseFigure(dose), { name: "dose_response" });
 */
export function doseResponseFigure(
  dose: DoseResponseValues,
  {
    title = "What the prediction does when the neuron is set",
    subtitle,
    size = "notebook",
    slider = true,
  }: DoseResponseFigureOptions = {},
): Figure {
  const { hook, index, texts, whyFlat } = dose;
  notEmpty("The dose–response", texts, "text");
  notEmpty("The dose–response", dose.values, "value");
  const values = drawable("values", dose.values);
  if (slider && values.length >= MOST_STEPS) {
    throw new FigureError("The slider has too many steps", {
      found: `${values.length} values`,
      expected: `fewer than ${MOST_STEPS}`,
      remedy: "Run fewer values, or draw it with { slider: false }.",
    });
  }
  const lines = texts.map(({ text, tokens, clean, prediction }, i) => {
    const name = `text ${i}`;
    sameLength(`predictions of ${name}`, prediction, values.length, "value");
    drawable(`predictions of ${name}`, prediction, (v) => `value ${values[v]}`);
    drawable(`unpatched ${name}`, [clean.activation, clean.prediction]);
    return { label: text ?? tokens.join(" "), clean, prediction };
  });
  const drawn = lines.flatMap(({ clean, prediction }) => [clean.prediction, ...prediction]);
  const y = padded(extent(drawn));
  const isNamed = lines.length <= MOST_NAMED;
  const colour = (i: number) => COLOURWAY[isNamed ? i % COLOURWAY.length : 0];
  const responses = lines.map(
    ({ label, prediction }, i): Partial<PlotData> => ({
      ...{ type: "scatter", mode: "lines", showlegend: isNamed && lines.length > 1 },
      name: promptTitle(label, LONGEST_NAME[size]),
      ...{ x: values, y: [...prediction] },
      line: isNamed ? { color: colour(i), width: 2 } : thinLine(colour(i), lines.length),
      hovertemplate: `${promptHover(label)}<br>set to %{x:.4g}: prediction %{y:.4g}<extra></extra>`,
    }),
  );
  const clean: Partial<PlotData> = {
    ...{ type: "scatter", mode: "markers", name: "unpatched" },
    x: lines.map((line) => line.clean.activation),
    y: lines.map((line) => line.clean.prediction),
    marker: {
      color: lines.map((_, i) => (isNamed ? colour(i) : withOpacity(colour(i), 0.5))),
      ...{ size: isNamed ? 10 : 6, line: { color: INK, width: isNamed ? 1.2 : 0 } },
    },
    text: lines.map(({ label }) => promptHover(label)),
    hovertemplate: "%{text}<br>unpatched: activation %{x:.4g}, prediction %{y:.4g}<extra></extra>",
  };
  const steps = slider ? stepsOf(values, lines) : null;
  const at = steps ? steps.list[steps.active] : null;
  const now: Partial<PlotData>[] = at
    ? [
        {
          ...{ type: "scatter", mode: "markers", name: "set by the slider" },
          ...{ x: at.x, y: at.y, hoverinfo: "skip" },
          marker: { symbol: "circle-open", size: isNamed ? 16 : 9, color: INK, line: { width: 2 } },
        },
      ]
    : [];
  const target = `${hook}[…, ${index}] set at the measured token`;
  const flat = whyFlat === null ? "" : `; nothing can change: ${whyFlat}`;
  const bottom = ROOM_FOR_LEGEND[size] + (steps ? ROOM_FOR_SLIDER : 0);
  return figure({
    title,
    subtitle: subtitle ?? `${target}${flat}`,
    description: `${title}: ${target}, ${values.length} values from ${formatNumber(values[0])} to ${formatNumber(values[values.length - 1])}, predictions from ${extent(
      drawn,
    )
      .map((value) => formatNumber(value))
      .join(" to ")}${flat}.`,
    height: PANEL + ROOM_FOR_TITLE + bottom,
    size,
    data: [...responses, clean, ...now],
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 24, b: bottom, l: 72 },
      xaxis: { title: { text: "the neuron's activation" } },
      yaxis: { title: { text: "prediction" }, range: y },
      ...(steps && { sliders: [sliderOf(steps, responses.length + 1)] }),
    },
  });
}

interface Step {
  readonly label: string;
  readonly x: number[];
  readonly y: number[];
}

interface Steps {
  readonly list: readonly Step[];
  readonly active: number;
}

interface Line {
  readonly clean: { readonly activation: number; readonly prediction: number };
  readonly prediction: readonly number[];
}

/** The unpatched step stands at its place among the values of one text, before them for several. */
function stepsOf(values: readonly number[], lines: readonly Line[]): Steps {
  const clean = lines.map((line) => line.clean);
  const before = mean(clean.map(({ prediction }) => prediction));
  const of = lines.length === 1 ? "prediction" : "mean prediction";
  const steps = values.map((value, v): Step => {
    const y = lines.map(({ prediction }) => prediction[v]);
    const change = mean(y) - before;
    const sign = change > 0 ? "+" : "";
    return {
      label: `set to ${formatNumber(value)}: ${of} ${formatNumber(mean(y))} (${sign}${formatNumber(change)})`,
      ...{ x: lines.map(() => value), y },
    };
  });
  const own = lines.length === 1 ? ` at ${formatNumber(clean[0].activation)}` : "";
  const unpatched = {
    label: `unpatched${own}: ${of} ${formatNumber(before)}`,
    x: clean.map(({ activation }) => activation),
    y: clean.map(({ prediction }) => prediction),
  };
  const place =
    lines.length === 1 ? values.filter((value) => value < clean[0].activation).length : 0;
  const isThere = lines.length === 1 && values[place] === clean[0].activation;
  return { list: withStep(steps, place, isThere, unpatched), active: place };
}

function sliderOf({ list, active }: Steps, trace: number): Partial<Slider> {
  const unseen = "rgba(0, 0, 0, 0)";
  return {
    active,
    // Its own labels would stand on each other: what it says stands above it.
    currentvalue: { xanchor: "left", offset: 12, font: { size: 13, color: INK } },
    font: { size: 1, color: unseen },
    ...{ x: 0, len: 1, y: 0, yanchor: "top", pad: { t: 58, b: 0, l: 0, r: 0 } },
    ...{ ticklen: 4, minorticklen: 4, tickcolor: "#9A9A9A", bordercolor: "#9A9A9A" },
    ...{ bgcolor: "#F2F2F2", activebgcolor: SOFT_INK, borderwidth: 1, transition: { duration: 0 } },
    steps: list.map(({ label, x, y }) => ({
      ...{ label, method: "restyle" as const, execute: true },
      args: [{ x: [x], y: [y] }, [trace]] as never,
    })),
  } as unknown as Partial<Slider>;
}

/** With the unpatched step at a place, instead of the one there or before it. */
function withStep(steps: readonly Step[], place: number, isThere: boolean, step: Step): Step[] {
  return [...steps.slice(0, place), step, ...steps.slice(isThere ? place + 1 : place)];
}
