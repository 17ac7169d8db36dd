import type { PlotData } from "plotly.js";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { formatNumber } from "../text/format-number";
import { colourKey, DIVERGING, diverges, keyName } from "./diverging";
import type { Figure } from "./figure";
import type { FigureOptions } from "./figure-options";
import { panelTitle } from "./panel-title";
import { FIGURE_WIDTHS, type FigureSize, figure, ROOM_FOR_TITLES } from "./template";
import { drawable, notEmpty, sameLength } from "./validate";

/** What is drawn of a causal map, as `causalMap` gives it. */
export interface CausalMapValues {
  /** `[pos]` */
  readonly strTokens: readonly string[];
  readonly layers: readonly number[];
  readonly clean: number;
  /** `[layer][pos]` */
  readonly attn: readonly (readonly number[])[];
  readonly mlp: readonly (readonly number[])[];
  readonly meanOver: { readonly texts: number; readonly positions: number };
}

/** In pixels: a layer's row, the least height of a panel, what is between panels and below. */
const ROW = 24;
const LEAST_PANEL = 84;
const GAP = 40;
const ROOM_FOR_TOKENS = 74;
const ROOM_FOR_KEY = 64;
const LEFT = 64;
/** Tokens that are named stand at least so far apart. */
const TOKEN_STEP = 16;
const LONGEST_TOKEN = 12;

/**
 * By how much the prediction changes when what one block's attention, or its MLP, writes at one position is
 * replaced by its mean: positions from left to right, blocks from below, in colours around 0.
 *
 * @param map as `causalMap` gives it
 * @throws {FigureError} when there is no token or layer, rows differ in length, or a number is not finite
 *
 * @example
 * const map = await causalMap(head, "The king said to his");
 * await showFigure(causalMapFigure(map), { name: "causal_map" });
 */
export function causalMapFigure(
  map: CausalMapValues,
  { title = "Where the prediction comes from", subtitle, size = "notebook" }: FigureOptions = {},
): Figure {
  const { strTokens, layers, clean, meanOver } = map;
  notEmpty("The causal map", strTokens, "token");
  notEmpty("The causal map", layers, "layer");
  const all = [...checkRows(map, "attn"), ...checkRows(map, "mlp")];
  const end = diverges(all);
  const panel = Math.max(layers.length * ROW, LEAST_PANEL);
  const total = 2 * panel + GAP;
  const share = panel / total;
  const positions = [...strTokens.keys()];
  const names = strTokens.map((token) => escapeHtml(JSON.stringify(token)));
  const heat = (
    rows: readonly (readonly number[])[],
    of: string,
    axis: "" | "2",
  ): Partial<PlotData> =>
    ({
      ...{ type: "heatmap", name: of, coloraxis: "coloraxis", xgap: 1, ygap: 1 },
      ...{ x: positions, y: layers, z: rows, xaxis: `x${axis}`, yaxis: `y${axis}` },
      text: rows.map((row, i) =>
        row.map(
          (change, p) =>
            `<b>${of} of block ${layers[i]}</b> at ${names[p]}, position ${p}<br>` +
            `prediction ${formatNumber(clean + change)} instead of ${formatNumber(clean)} (${formatNumber(change)})`,
        ),
      ),
      hovertemplate: "%{text}<extra></extra>",
    }) as unknown as Partial<PlotData>;
  const bottom = ROOM_FOR_TOKENS + ROOM_FOR_KEY;
  const largest = positionOfLargest(map);
  const over = `mean over ${count(meanOver.positions, "position")} of ${count(meanOver.texts, "text")}`;
  const xaxis = { ...ticksOf(strTokens, size), showgrid: false, zeroline: false };
  const yaxis = {
    ...{
      title: { text: "block" },
      tickvals: sparse(layers, panel),
      showgrid: false,
      zeroline: false,
    },
    range: [layers[0] - 0.5, layers[layers.length - 1] + 0.5],
  };
  return figure({
    title,
    subtitle:
      subtitle ??
      `Change of the prediction (${formatNumber(clean)}) when one part's output is its ${over}`,
    description: `${title}: the prediction is ${formatNumber(clean)}; the largest change, ${formatNumber(largest.change)}, is that of the ${largest.of} of block ${largest.layer} at token ${JSON.stringify(strTokens[largest.position])}.`,
    height: ROOM_FOR_TITLES + total + bottom,
    size,
    data: [heat(map.attn, "attention", ""), heat(map.mlp, "MLP", "2")],
    layout: {
      margin: { t: ROOM_FOR_TITLES, r: 20, b: bottom, l: LEFT },
      xaxis: { ...xaxis, anchor: "y", showticklabels: false, ticks: "" },
      yaxis: { ...yaxis, domain: [1 - share, 1] },
      xaxis2: { ...xaxis, anchor: "y2" },
      yaxis2: { ...yaxis, domain: [0, share] },
      annotations: [
        panelTitle("Attention", 0, 1),
        panelTitle("MLP", 0, share),
        keyName("change of the prediction", bottom),
      ],
      coloraxis: {
        ...{ colorscale: DIVERGING, cmin: -end, cmax: end },
        colorbar: colourKey(size === "column" ? 0.6 : 0.34),
      },
    } as never,
  });
}

/** @returns all numbers of a part */
function checkRows(
  { strTokens, layers, ...parts }: CausalMapValues,
  key: "attn" | "mlp",
): readonly number[] {
  sameLength(key, parts[key], layers.length, "layer");
  return parts[key].flatMap((row, i) => {
    sameLength(`${key} of layer ${layers[i]}`, row, strTokens.length, "token");
    return drawable(`${key} of layer ${layers[i]}`, row);
  });
}

function positionOfLargest({ attn, mlp, layers }: CausalMapValues) {
  let largest = { change: 0, of: "attention", layer: layers[0], position: 0 };
  for (const [of, rows] of [
    ["attention", attn],
    ["MLP", mlp],
  ] as const) {
    rows.forEach((row, i) => {
      row.forEach((change, position) => {
        if (Math.abs(change) > Math.abs(largest.change)) {
          largest = { change, of, layer: layers[i], position };
        }
      });
    });
  }
  return largest;
}

/** As many tokens as have room under the axis. */
function ticksOf(strTokens: readonly string[], size: FigureSize) {
  const room = FIGURE_WIDTHS[size] - LEFT - 20;
  const positions = sparse([...strTokens.keys()], room, TOKEN_STEP);
  return {
    range: [-0.5, strTokens.length - 0.5],
    tickvals: positions,
    ticktext: positions.map((p) => escapeHtml(shortToken(strTokens[p]))),
    tickangle: -45,
    tickfont: { size: 11 },
  };
}

function shortToken(token: string): string {
  const shown = JSON.stringify(token).slice(1, -1).trim() || "␣";
  const characters = [...shown];
  return characters.length > LONGEST_TOKEN
    ? `${characters.slice(0, LONGEST_TOKEN - 1).join("")}…`
    : shown;
}

function sparse(values: readonly number[], room: number, step = 18): number[] {
  const every = Math.max(Math.ceil((values.length * step) / room), 1);
  return values.filter((_, i) => i % every === 0);
}
