import type { Annotations, PlotData, Shape } from "plotly.js";
import { escapeHtml } from "../text/escape-html";
import { formatNumber } from "../text/format-number";
import { INK, SOFT_INK } from "./template";
import { textWidth } from "./text-width";
import { drawable, sameLength } from "./validate";

/** Tokens with two numbers each. */
export interface TokenValues {
  /** `[pos]` */
  readonly strTokens: readonly string[];
  /** `[pos]` the target's activation. */
  readonly activation: readonly number[];
  /** `[pos]` the head's prediction. */
  readonly prediction: readonly number[];
}

/** Tokens that are drawn together, under a line of text. */
export interface TokenBlock extends TokenValues {
  readonly heading: string | null;
  /** Position of the first token in its text, as it is said. */
  readonly from: number;
  /** Which of the tokens has a frame around it; null for none. */
  readonly marked: number | null;
}

/** In pixels: a strip of colour, a line of tokens between two of them, and what follows. */
const STRIP = 13;
const TOKEN = 21;
const LINE_GAP = 12;
const HEADING = 22;
const BLOCK_GAP = 6;
/** Around a token's letters, together. */
const PADDING = 9;
/** The shown part of a token, in characters. */
const LONGEST_TOKEN = 24;

/** Line breaks and tabs as a reader writes them; a token that is nothing but blanks can be seen. */
function shownToken(token: string): string {
  const visible = token.replace(/\r/g, "\\r").replace(/\n/g, "\\n").replace(/\t/g, "\\t");
  const characters = [...visible];
  const short =
    characters.length > LONGEST_TOKEN
      ? `${characters.slice(0, LONGEST_TOKEN - 1).join("")}…`
      : visible;
  return /^\s+$/.test(short) ? "␣".repeat(short.length) : short.trim();
}

/** One line of tokens, placed. */
interface TokenLine {
  readonly block: TokenBlock;
  readonly first: number;
  /** Left edges of the tokens and the right edge of the last, in pixels. */
  readonly edges: readonly number[];
}

/**
 * Tokens in lines, a strip of colour above each (the activation) and below (the prediction): traces, shapes
 * and notes on axes in pixels, whose origin is the upper left.
 *
 * @throws FigureError naming the series, if they differ in length or a number is not finite
 */
export function tokenLines(
  blocks: readonly TokenBlock[],
  { width, coloraxes }: { readonly width: number; readonly coloraxes: readonly [string, string] },
): {
  readonly data: Partial<PlotData>[];
  readonly shapes: Partial<Shape>[];
  readonly annotations: Partial<Annotations>[];
  readonly height: number;
} {
  const data: Partial<PlotData>[] = [];
  const shapes: Partial<Shape>[] = [];
  const annotations: Partial<Annotations>[] = [];
  let y = 0;
  for (const block of blocks) {
    checkBlock(block);
    if (block.heading !== null) {
      annotations.push(headingNote(block.heading, y));
      y += HEADING;
    }
    for (const line of linesOf(block, width)) {
      data.push(...lineTraces(line, y, coloraxes));
      const marked = block.marked === null ? -1 : block.marked - line.first;
      if (marked >= 0 && marked < line.edges.length - 1) shapes.push(frame(line, marked, y));
      y += 2 * STRIP + TOKEN + LINE_GAP;
    }
    y += BLOCK_GAP;
  }
  return { data, shapes, annotations, height: y - LINE_GAP - BLOCK_GAP };
}

function checkBlock({ strTokens, activation, prediction, from }: TokenBlock): void {
  const place = (i: number) => `position ${from + i}`;
  for (const [name, values] of Object.entries({ activation, prediction })) {
    sameLength(name, values, strTokens.length, "token");
    drawable(name, values, place);
  }
}

function linesOf(block: TokenBlock, width: number): TokenLine[] {
  const lines: { first: number; edges: number[] }[] = [];
  block.strTokens.forEach((token, i) => {
    const own = Math.min(Math.max(textWidth(shownToken(token)) + PADDING, 14), width);
    const line = lines[lines.length - 1];
    const right = line?.edges[line.edges.length - 1] ?? 0;
    if (line && right + own <= width) line.edges.push(right + own);
    else lines.push({ first: i, edges: [0, own] });
  });
  return lines.map((line) => ({ block, ...line }));
}

function lineTraces(
  { block, first, edges }: TokenLine,
  y: number,
  [above, below]: readonly [string, string],
): Partial<PlotData>[] {
  const { strTokens, activation, prediction, from } = block;
  const positions = edges.slice(1).map((_, i) => first + i);
  const hover = positions.map(
    (p) =>
      `<b>${escapeHtml(JSON.stringify(strTokens[p]))}</b>, position ${from + p}<br>` +
      `activation ${formatNumber(activation[p])}<br>prediction ${formatNumber(prediction[p])}`,
  );
  const strip = (
    name: string,
    values: readonly number[],
    top: number,
    coloraxis: string,
  ): Partial<PlotData> =>
    ({
      ...{ type: "heatmap", name, coloraxis, xgap: 1.5 },
      x: [...edges],
      y: [top, top + STRIP],
      z: [positions.map((p) => values[p])],
      text: [hover],
      hovertemplate: "%{text}<extra></extra>",
    }) as unknown as Partial<PlotData>;
  return [
    strip("activation", activation, y, above),
    {
      ...{ type: "scatter", mode: "text", name: "tokens", showlegend: false },
      x: positions.map((_, i) => (edges[i] + edges[i + 1]) / 2),
      y: positions.map(() => y + STRIP + TOKEN / 2),
      text: positions.map((p) => escapeHtml(shownToken(strTokens[p]))),
      textfont: { size: 13, color: INK },
      hovertext: hover,
      hovertemplate: "%{hovertext}<extra></extra>",
    },
    strip("prediction", prediction, y + STRIP + TOKEN, below),
  ];
}

function frame({ edges }: TokenLine, marked: number, y: number): Partial<Shape> {
  return {
    ...{ type: "rect", layer: "above", line: { color: INK, width: 1.5 } },
    ...{ x0: edges[marked], x1: edges[marked + 1] },
    ...{ y0: y - 2, y1: y + 2 * STRIP + TOKEN + 2 },
  };
}

function headingNote(text: string, y: number): Partial<Annotations> {
  return {
    ...{ text, showarrow: false, x: 0, xanchor: "left", y: y + 2, yanchor: "top" },
    align: "left",
    font: { size: 12, color: SOFT_INK },
  };
}
