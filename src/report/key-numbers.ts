import { formatNumber } from "../text/format-number";
import { shownText } from "./shown-text";

/** One line of a head's numbers. */
export interface KeyNumber {
  readonly label: string;
  readonly value: string;
  /** What the number says, in a sentence. */
  readonly meaning: string;
}

type Content = Readonly<Record<string, unknown>>;

/** Which result keys are shown by name, and with which of their companions. */
interface Known {
  readonly key: string;
  readonly label: string;
  readonly meaning: string;
  /** Shown in brackets, as `z 1.2`. */
  readonly beside?: Readonly<Record<string, string>>;
  /** Where its interval stands, key after key. */
  readonly interval?: readonly string[];
}

const KNOWN: readonly Known[] = [
  {
    key: "sim_with_input",
    label: "cosine with MLP input weights",
    meaning: "Whether the head looks where the neuron reads: W_in[:, n].",
    beside: { z: "z_score_input", p: "p_value_input" },
  },
  {
    key: "sim_with_output",
    label: "cosine with MLP output weights",
    meaning: "Whether the head looks where the neuron writes: W_out[n, :].",
    beside: { z: "z_score_output", p: "p_value_output" },
  },
  {
    key: "baseline_correlation",
    label: "baseline correlation",
    meaning: "How well the head predicts, unpatched: Pearson's r of activation and prediction.",
    interval: ["evidence", "baseline_correlation"],
  },
  {
    key: "slope",
    label: "slope",
    meaning: "How far the prediction moves when the activation is moved by 1.",
    interval: ["evidence", "all_points", "slope"],
  },
  {
    key: "intercept",
    label: "intercept",
    meaning: "What the fitted line says for no change at all: close to 0.",
    interval: ["evidence", "all_points", "intercept"],
  },
  {
    key: "r_squared",
    label: "R²",
    meaning: "How alike prompts and factors are in that slope.",
    interval: ["evidence", "all_points", "r_squared"],
  },
];

/** Numbers that are not about the head: where it is, and what is said elsewhere. */
const NOT_SHOWN = new Set(["target_layer", "target_neuron", "d_model", "random_baseline_mean"]);

/** A result of another tslens may have any keys; a reader wants no more of them than this. */
const MOST_OTHERS = 50;

/** The columns of the table of all heads, by result key. */
export const OVERVIEW_KEYS = [
  ["sim_with_input", "cosine, MLP input"],
  ["sim_with_output", "cosine, MLP output"],
  ["baseline_correlation", "baseline correlation"],
  ["slope", "slope"],
  ["r_squared", "R²"],
] as const;

/**
 * The numbers of a result that a reader wants first: those known by name, the further similarities,
 * and after them any other number among its keys, so that a newer result hides nothing.
 */
export function keyNumbers(content: Content): KeyNumber[] {
  const companions = new Set(KNOWN.flatMap(({ beside = {} }) => Object.values(beside)));
  const known = KNOWN.filter(({ key }) => Object.hasOwn(content, key)).map((one) => ({
    label: one.label,
    value: [
      formatNumber(numberOf(content[one.key])),
      besideText(content, one.beside),
      intervalText(content, one.interval),
    ].join(""),
    meaning: one.meaning,
  }));
  const others = Object.entries(content).filter(
    ([key, value]) =>
      typeof value === "number" &&
      !NOT_SHOWN.has(key) &&
      !companions.has(key) &&
      !KNOWN.some((one) => one.key === key),
  );
  return [
    ...known,
    ...Object.entries(recordOf(content.similarities))
      .slice(0, MOST_OTHERS)
      .map(([name, value]) => ({
        label: `cosine with ${words(name)}`,
        value: formatNumber(numberOf(value)),
        meaning: "Cosine of the head's linear weights with another direction.",
      })),
    ...baselineRange(recordOf(content.random_baseline)),
    ...targetRank(recordOf(content.target)),
    ...others.slice(0, MOST_OTHERS).map(([key, value]) => ({
      label: words(key),
      value: formatNumber(value as number),
      meaning: "",
    })),
  ];
}

/** A number; what is none is shown as one that does not exist. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function besideText(content: Content, beside: Known["beside"] = {}): string {
  const parts = Object.entries(beside)
    .filter(([, key]) => typeof content[key] === "number")
    .map(([symbol, key]) => `${symbol} ${formatNumber(content[key] as number, 2)}`);
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}

/** ` [0.114, 0.121]`: how far the number goes over other prompts, where the result says so. */
function intervalText(content: Content, path: readonly string[] = []): string {
  const { low, high } = path.reduce((inside, key) => recordOf(inside[key]), content);
  if (path.length === 0 || typeof low !== "number" || typeof high !== "number") return "";
  return ` [${formatNumber(low, 3)}, ${formatNumber(high, 3)}]`;
}

function baselineRange({ p5, p95, n }: Readonly<Record<string, unknown>>): KeyNumber[] {
  if (typeof p5 !== "number" || typeof p95 !== "number") return [];
  return [
    {
      label: "cosine of random directions",
      value: `${formatNumber(p5, 2)} to ${formatNumber(p95, 2)}`,
      meaning: `The 5–95% range of ${formatNumber(numberOf(n))}: a cosine inside it says nothing.`,
    },
  ];
}

function targetRank({ rank, of, hook }: Readonly<Record<string, unknown>>): KeyNumber[] {
  if (typeof rank !== "number") return [];
  return [
    {
      label: "rank of the target",
      value: `${formatNumber(rank)} of ${formatNumber(numberOf(of))}`,
      meaning: `Among the neurons of ${shownText(hook)}, by how much zeroing or otherwise patching each changes the prediction.`,
    },
  ];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function words(key: string): string {
  return shownText(key).replaceAll("_", " ");
}
