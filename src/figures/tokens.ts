import { count } from "../text/count";
import { formatNumber } from "../text/format-number";
import { colourKey, DIVERGING, diverges, keyName } from "./diverging";
import type { Figure } from "./figure";
import type { FigureOptions } from "./figure-options";
import { FIGURE_WIDTHS, type FigureSize, figure, ROOM_FOR_TITLE } from "./template";
import { type TokenBlock, type TokenValues, tokenLines } from "./token-lines";
import { notEmpty } from "./validate";

/** More would be slow to draw, and nobody reads them. */
const MOST_TOKENS = 400;

/** At the left and right of the tokens, and under them for the key to the colours, in pixels. */
const EDGE = 16;
const ROOM_FOR_KEY = 70;
/** What a frame takes around its token. */
const FRAME = 4;

export interface TokenScaleOptions extends FigureOptions {
  /**
   * Whether one scale of colours stands for both activation and prediction. Unless told otherwise it does
   * where they have one unit, as the text says (`sameUnit`), or an example by having an error.
   */
  readonly sharedScale?: boolean;
}

/** A text as `head.run` gives it. */
export interface TokenRun extends TokenValues {
  /** The position that the head measures; it has a frame. */
  readonly position?: number;
  /** Whether predictions are in the activation's units. */
  readonly sameUnit?: boolean;
}

/**
 * A text, token by token: the target's activation above each token and the head's prediction below it, in
 * colours around 0; the numbers where the pointer is. Of more than 400 tokens the last are drawn.
 *
 * @param run one text, as `head.run` gives it
 * @throws {FigureError} when there is no token, the series differ in length, or a number is not finite
 *
 * @example
 * const [run] = await head.run("Once upon a time there was a king");
 * await showFigure(tokensFigure(run), { name: "tokens" });
 */
export function tokensFigure(
  run: TokenRun,
  {
    title = "What the neuron does, and what the head says",
    subtitle,
    ...options
  }: TokenScaleOptions = {},
): Figure {
  const { strTokens, activation, prediction, position } = run;
  notEmpty("The text", strTokens, "token");
  const from = Math.max(strTokens.length - MOST_TOKENS, 0);
  const block: TokenBlock = {
    heading: null,
    from,
    strTokens: strTokens.slice(from),
    activation: activation.slice(from),
    prediction: prediction.slice(from),
    marked: position === undefined || position < from ? null : position - from,
  };
  const cut = from === 0 ? "" : `; the last ${MOST_TOKENS} of ${count(strTokens.length, "token")}`;
  const framed = block.marked === null ? "" : "; framed: the token that is measured";
  return blocksFigure([block], {
    sharedScale: run.sameUnit,
    ...options,
    title,
    subtitle: subtitle ?? `Above each token the activation, below it the prediction${framed}${cut}`,
    description: `${title}: ${count(strTokens.length, "token")}, activation from ${range(activation)}, prediction from ${range(prediction)}.`,
  });
}

/** A position of a text with the tokens around it, as `topActivating` gives it. */
export interface TokenExample extends TokenValues {
  readonly text: number;
  readonly position: number;
  /** Position of the first token that is shown. */
  readonly from: number;
  readonly error: number | null;
}

/**
 * Positions of a corpus with the tokens around them, coloured as in `tokensFigure`: the one that an example
 * is of has a frame.
 *
 * @param examples some of what `topActivating` finds, such as its `strongest`
 * @throws {FigureError} when there is none, its series differ in length, or a number is not finite
 *
 * @example
 * const { strongest } = await topActivating(head, ["Once upon a time", "The king said no"]);
 * await showFigure(examplesFigure(strongest, { title: "Where the neuron is strongest" }));
 */
export function examplesFigure(
  examples: readonly TokenExample[],
  { title = "Examples", subtitle, ...options }: TokenScaleOptions = {},
): Figure {
  notEmpty("The examples", examples, "example");
  const blocks = examples.map((example): TokenBlock => {
    const { text, position, from, error, activation, prediction } = example;
    const at = position - from;
    const wrong = error === null ? "" : `, error ${formatNumber(error)}`;
    const where = options.size === "column" ? "" : ` (text ${text}, position ${position})`;
    const [own, said] = [activation[at], prediction[at]].map((value) => formatNumber(value));
    return {
      ...example,
      heading: `<b>activation ${own}</b>, prediction ${said}${wrong}${where}`,
      marked: at,
    };
  });
  const at = (key: "activation" | "prediction") =>
    examples.map((example) => example[key][example.position - example.from]);
  return blocksFigure(blocks, {
    sharedScale: examples.every(({ error }) => error !== null),
    ...options,
    title,
    subtitle:
      subtitle ?? "Above each token the activation, below it the prediction; framed: the example",
    description: `${title}: ${count(examples.length, "example")}, activation from ${range(at("activation"))}, prediction from ${range(at("prediction"))}.`,
  });
}

interface BlocksOptions extends Pick<TokenScaleOptions, "size" | "sharedScale"> {
  readonly title: string;
  readonly subtitle: string;
  readonly description: string;
}

function blocksFigure(
  blocks: readonly TokenBlock[],
  { size = "notebook", sharedScale = true, ...texts }: BlocksOptions,
): Figure {
  const width = FIGURE_WIDTHS[size] - 2 * EDGE;
  const coloraxes = sharedScale
    ? (["coloraxis", "coloraxis"] as const)
    : (["coloraxis", "coloraxis2"] as const);
  const { data, shapes, annotations, height } = tokenLines(blocks, { width, coloraxes });
  const { axes, names } = colourAxes(blocks, size, sharedScale);
  const hidden = { visible: false, fixedrange: true } as const;
  return figure({
    ...texts,
    height: ROOM_FOR_TITLE + height + 2 * FRAME + ROOM_FOR_KEY,
    size,
    data,
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: EDGE, b: ROOM_FOR_KEY, l: EDGE },
      xaxis: { ...hidden, range: [0, width] },
      yaxis: { ...hidden, range: [height + FRAME, -FRAME] },
      showlegend: false,
      dragmode: false,
      shapes,
      annotations: [...annotations, ...names],
      ...axes,
    },
  });
}

/** The colours' axes, and the names of their keys. */
function colourAxes(blocks: readonly TokenBlock[], size: FigureSize, sharedScale: boolean) {
  const [activations, predictions] = (["activation", "prediction"] as const).map((key) =>
    blocks.flatMap((block) => block[key]),
  );
  const len = size === "column" ? 0.46 : 0.3;
  const axis = (values: readonly number[], x: number) => {
    const end = diverges(values);
    return { colorscale: DIVERGING, cmin: -end, cmax: end, colorbar: colourKey(len, x) };
  };
  if (sharedScale) {
    return {
      axes: { coloraxis: axis([...activations, ...predictions], 0) },
      names: [keyName("activation, prediction", ROOM_FOR_KEY)],
    };
  }
  const second = len + 0.06;
  return {
    axes: { coloraxis: axis(activations, 0), coloraxis2: axis(predictions, second) },
    names: [keyName("activation", ROOM_FOR_KEY), keyName("prediction", ROOM_FOR_KEY, second)],
  };
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}
