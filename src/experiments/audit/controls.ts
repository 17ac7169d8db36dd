import { median } from "simple-statistics";
import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import { isLinearHead } from "../../heads/head-config";
import { type HeadFunction, headFunction } from "../../heads/head-function";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import type { CleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import { dotProduct } from "../../stats/dot-product";
import { mean } from "../../stats/mean";
import { pearsonCorrelation } from "../../stats/pearson-correlation";
import { randomStream } from "../../stats/random-stream";
import { rankAmong } from "../../stats/rank-among";
import { shuffledLabelHeads } from "../../training/shuffled-label-heads";
import type { AuditResult } from "./result";
import type { SweepRuns } from "./sweep-runs";
import { RANDOM_DIRECTIONS, SHUFFLED_HEADS } from "./thresholds";

/** What stands beside specificity. */
export type Controls = Pick<AuditResult, "random_directions" | "shuffled_labels">;

export interface ControlOptions {
  /** Which texts the neuron is set on. */
  readonly places: readonly number[];
  /** `[donor][text]` whose value each text takes. */
  readonly donors: readonly (readonly number[])[];
  /** `[text]` */
  readonly activation: readonly number[];
  readonly clean: CleanRuns;
  readonly sweep: SweepRuns;
  readonly streams: RandomStreams;
}

/** The stream that the head reads, unpatched and with the neuron set to other texts' values. */
interface Streams {
  /** `[text]` at all texts. */
  readonly clean: readonly Float32Array[];
  readonly places: readonly number[];
  /** `[place][donor]` */
  readonly patched: readonly (readonly Float32Array[])[];
}

/**
 * What else would the neuron move as much: random directions of the stream that the head reads, and heads
 * that learnt nothing? Both are read from the same runs.
 */
export async function controls(
  head: BoundHead,
  texts: MeasuredPrompts,
  options: ControlOptions,
): Promise<Controls> {
  const own = headFunction(head);
  const streams = await streamsOf(head, texts, own, options);
  return {
    random_directions: randomDirections(own, streams, options),
    shuffled_labels: await shuffledLabels(head, own, streams, options),
  };
}

/** Without a verdict there are none. */
export function noControls(reason: string): Controls {
  const none = { rank: null, of: 0, percentile: null, p_value: null, reason };
  return {
    random_directions: {
      ...{ directions: 0, effect: null, median_effect: null, median_r: null },
      ...none,
    },
    shuffled_labels: { texts: 0, effect: null, heads: [], ...none },
  };
}

async function streamsOf(
  { model, hook, index }: BoundHead,
  texts: MeasuredPrompts,
  { features }: HeadFunction,
  { places, donors, activation, clean, sweep }: ControlOptions,
): Promise<Streams> {
  const before = clean.measured(texts, features);
  const swept = sweep.ofNeuron(features, index, { places, donors });
  if (swept !== null) return { clean: before, places, patched: swept };
  const variants = donors.map((ofTexts) => ({
    hook,
    index,
    patch: ["set", (text: number) => activation[ofTexts[places[text]]]] as const,
  }));
  const { patched } = await patch(model, texts.only(places), variants, { read: features, clean });
  const byText = places.map((_, text) => patched.map((ofTexts) => ofTexts[text]![features]));
  return { clean: before, places, patched: byText };
}

/**
 * The head's gradient on each text against random directions of the same length: for a linear head these
 * are its weights.
 */
function randomDirections(
  { gradient, whyNoGradient }: HeadFunction,
  streams: Streams,
  { activation, streams: seeds }: ControlOptions,
): Controls["random_directions"] {
  if (gradient === null) return noControls(whyNoGradient!).random_directions;
  const gradients = streams.places.map((text) => gradient(streams.clean[text]));
  const lengths = gradients.map((row) => Math.hypot(...row));
  const moved = streams.places.map((place, text) =>
    streams.patched[text].map((after) => difference(after, streams.clean[place])),
  );
  const effectOf = (directionOf: (text: number) => ArrayLike<number>, length?: readonly number[]) =>
    mean(
      moved.flatMap((ofText, text) => {
        const direction = directionOf(text);
        const scale = length?.[text] ?? 1;
        return ofText.map((change) => scale * Math.abs(dotProduct(direction, change)));
      }),
    );
  const { seed, name } = seeds("audit-directions");
  const stream = randomStream(seed, name);
  const drawn = Array.from({ length: RANDOM_DIRECTIONS }, () => {
    const direction = Float64Array.from(streams.clean[0], () => stream.gaussian());
    const length = Math.hypot(...direction);
    return direction.map((value) => value / length);
  });
  const effect = effectOf((text) => gradients[text]);
  const effects = drawn.map((direction) => effectOf(() => direction, lengths));
  const correlations = drawn.map((direction) =>
    pearsonCorrelation(
      activation,
      streams.clean.map((row) => dotProduct(direction, row)),
    ),
  );
  return {
    ...{ directions: drawn.length, effect, median_effect: median(effects) },
    median_r: median(correlations.map((r) => Math.abs(r ?? 0))),
    ...{ ...rankAmong(effect, effects), reason: null },
  };
}

async function shuffledLabels(
  head: BoundHead,
  own: HeadFunction,
  streams: Streams,
  { activation, streams: seeds }: ControlOptions,
): Promise<Controls["shuffled_labels"]> {
  const { config } = head.files;
  if (!isLinearHead(config) && config.headType !== "token") {
    const reason =
      "heads that are trained by gradient descent take long: activation_patching has some";
    return noControls(reason).shuffled_labels;
  }
  const choice = seeds("audit-labels");
  const trained = await shuffledLabelHeads(head, { count: SHUFFLED_HEADS, ...choice });
  if (typeof trained === "string") return noControls(trained).shuffled_labels;
  const effectOf = ({ predict }: HeadFunction) =>
    meanOf(streams, (before, after) => {
      const [was, is] = predict([before, after]);
      return Math.abs(is - was);
    });
  const effect = effectOf(own);
  const heads = trained.heads.map((one) => {
    const other = headFunction(one.head);
    return {
      effect: effectOf(other),
      r: pearsonCorrelation(activation, other.predict(streams.clean)),
    };
  });
  const ranked = rankAmong(
    effect,
    heads.map((one) => one.effect),
  );
  return { texts: trained.texts, effect, heads, ...ranked, reason: null };
}

/** Mean over all runs. */
function meanOf(
  { clean, places, patched }: Streams,
  of: (before: Float32Array, after: Float32Array) => number,
): number {
  return mean(
    places.flatMap((place, text) => patched[text].map((after) => of(clean[place], after))),
  );
}

/** In float64. */
function difference(a: Float32Array, b: Float32Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = a[i] - b[i];
  return result;
}
