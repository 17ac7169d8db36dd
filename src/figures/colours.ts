import { FigureError } from "../errors";

/** What a vector, a bar or a line stands for; each has one colour in every figure. */
export type SeriesKind =
  | "head"
  | "mlp_input"
  | "mlp_output"
  | "mlp_gate"
  | "attention"
  | "basis"
  | "read_direction"
  | "gate_read_direction"
  | "activation"
  | "prediction"
  | "random"
  | "other";

/**
 * The palette of Okabe and Ito, told apart by readers with any kind of colour vision and in grey
 * (https://jfly.uni-koeln.de/color/). The prediction is the head's, so it wears the head's colour.
 */
const COLOURS: Readonly<Record<SeriesKind, string>> = {
  head: "#0072B2",
  mlp_input: "#E69F00",
  mlp_output: "#009E73",
  mlp_gate: "#D55E00",
  attention: "#882255",
  basis: "#CC79A7",
  read_direction: "#56B4E9",
  gate_read_direction: "#000000",
  activation: "#D55E00",
  prediction: "#0072B2",
  random: "#999999",
  other: "#666666",
};

export const COLOURWAY: readonly string[] = [
  "#0072B2",
  "#E69F00",
  "#009E73",
  "#D55E00",
  "#CC79A7",
  "#56B4E9",
  "#666666",
  "#F0E442",
];

/**
 * The colour that a kind of series has in every figure.
 *
 * @throws FigureError for a kind that has none
 */
export function colourOf(kind: SeriesKind): string {
  const colour = COLOURS[kind];
  if (colour === undefined) {
    throw new FigureError("Unknown kind of series", {
      found: `"${kind}"`,
      expected: Object.keys(COLOURS).join(", "),
    });
  }
  return colour;
}

/** `#0072B2` at an opacity, as `rgba(0, 114, 178, 0.25)`. */
export function withOpacity(colour: string, opacity: number): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

/** Viridis without its palest end, which is lost on white paper. */
const VIRIDIS = ["#440154", "#3B528B", "#21918C", "#5EC962", "#BDA600"];

const SYMBOLS = [
  "square",
  "triangle-up",
  "circle",
  "diamond",
  "triangle-down",
  "cross",
  "x",
  "star",
];

/** Triangles and crosses look smaller than squares of the same size. */
const SIZES: Readonly<Record<string, number>> = {
  "triangle-up": 11,
  "triangle-down": 11,
  star: 11,
};

/** How the points of the n-th of `count` factors look: a colour in order, and a shape for print. */
export function factorMarker(
  index: number,
  count: number,
): { color: string; symbol: string; size: number } {
  const place = count === 1 ? 0 : (index / (count - 1)) * (VIRIDIS.length - 1);
  const below = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const share = place - below;
  const channel = (at: number) => {
    const from = Number.parseInt(VIRIDIS[below]!.slice(at, at + 2), 16);
    const to = Number.parseInt(VIRIDIS[below + 1]!.slice(at, at + 2), 16);
    return Math.round(from + (to - from) * share);
  };
  const symbol = SYMBOLS[index % SYMBOLS.length]!;
  return {
    size: SIZES[symbol] ?? 9,
    color: `rgb(${channel(1)}, ${channel(3)}, ${channel(5)})`,
    symbol,
  };
}
