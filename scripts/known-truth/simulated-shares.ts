import { shareOverPrompts, slopeOverPrompts } from "../../src/analysis/over-prompts";
import { donorPlan } from "../../src/experiments/audit/donors";
import { DONORS } from "../../src/experiments/audit/thresholds";
import { withinTextSlope } from "../../src/experiments/audit/within-text-slope";
import type { Interval } from "../../src/results/evidence-parts";
import { leaveOneOutLines } from "../../src/stats/leave-one-out-lines";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";

/** How often the intervals of simulated audits hold the truth. */
export interface SimulatedShares {
  readonly head: string;
  readonly activation: string;
  readonly texts: number;
  readonly share: number;
  /** Of how many, and in how many of them. */
  readonly bounded: number;
  readonly shareInside: number;
  readonly slopeInside: number;
  readonly repetitions: number;
}

/** The neuron over texts. */
const ACTIVATIONS: Readonly<Record<string, (random: RandomStream) => number>> = {
  normal: (random) => random.gaussian(),
  "off on a third of the texts": (random) => Math.max(0, random.gaussian() + 0.43),
  "heavy tails": (random) => random.gaussian() * Math.exp(0.5 * random.gaussian()),
};

/** The head, of what it reads. */
const HEADS: Readonly<Record<string, (y: number) => number>> = {
  linear: (y) => y,
  bent: (y) => Math.max(0, y),
  saturating: (y) => Math.tanh(y),
};

/** What it reads: so much of the neuron, of what goes along with it, and of something else. */
const READ: readonly (readonly [neuron: number, along: number, else_: number])[] = [
  [1, 0, 0.7],
  [0.5, 0.5, 0.5],
  [0.2, 0.8, 0.5],
];

/** Draws that the truth is computed from. */
const POPULATION = 200_000;

/** Audits whose texts, neuron and head are drawn, without a model. */
export function simulatedShares(
  texts: readonly number[],
  repetitions: number,
  seed: number,
): SimulatedShares[] {
  return Object.entries(HEADS).flatMap(([head, bend]) =>
    READ.flatMap((read) =>
      Object.entries(ACTIVATIONS).flatMap(([activation, draw]) =>
        texts.map((count) => {
          const named = `${head}, ${read.join(" ")}`;
          const random = randomStream(seed, `${named} ${activation} ${count}`);
          const truth = truthOf(draw, bend, read, random);
          const held = { bounded: 0, shareInside: 0, slopeInside: 0 };
          for (let i = 0; i < repetitions; i++) {
            const { share, slope } = audited(count, draw, bend, read, random);
            if (holds(slope, truth.slope)) held.slopeInside++;
            if (share.low === null) continue;
            held.bounded++;
            if (holds(share, truth.share)) held.shareInside++;
          }
          const described = { head: named, activation, texts: count, share: truth.share };
          return { ...described, ...held, repetitions };
        }),
      ),
    ),
  );
}

type Draw = (random: RandomStream) => number;
type Bend = (y: number) => number;
type Read = (typeof READ)[number];

function truthOf(draw: Draw, bend: Bend, [neuron, along, rest]: Read, random: RandomStream) {
  const own = Array.from({ length: POPULATION }, () => draw(random));
  const others = own.map(() => random.gaussian());
  const predict = (value: number, text: number) =>
    bend(neuron * value + along * own[text] + rest * others[text]);
  const observational = leaveless(own, own.map(predict));
  // On each text two values of others: the slope of their difference is that within texts.
  const differences = own.map((_, text) => {
    const [a, b] = [1, 2].map((step) => own[(text + step * 7919) % POPULATION]);
    return { x: a - b, y: predict(a, text) - predict(b, text) };
  });
  const causal =
    differences.reduce((sum, { x, y }) => sum + x * y, 0) /
    differences.reduce((sum, { x }) => sum + x * x, 0);
  return { slope: causal, share: causal / observational };
}

function leaveless(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / x.length;
  const [centreX, centreY] = [mean(x), mean(y)];
  const along = x.reduce((sum, value, i) => sum + (value - centreX) * (y[i] - centreY), 0);
  return along / x.reduce((sum, value) => sum + (value - centreX) ** 2, 0);
}

/** As `analyzeAudit` makes its intervals. */
function audited(
  count: number,
  draw: Draw,
  bend: Bend,
  [neuron, along, rest]: Read,
  random: RandomStream,
): { share: Interval; slope: Interval } {
  const own = Array.from({ length: count }, () => draw(random));
  const others = own.map(() => random.gaussian());
  const predict = (value: number, text: number) =>
    bend(neuron * value + along * own[text] + rest * others[text]);
  const plan = donorPlan(count, DONORS, { seed: random.integer(0, 2 ** 31), name: "simulated" });
  const causal = withinTextSlope(
    own.map((_, text) => {
      const donors = plan.map((ofTexts) => ofTexts[text]);
      const values = donors.map((donor) => own[donor]);
      return { values, donors, predictions: values.map((value) => predict(value, text)) };
    }),
  );
  const { whole, without } = leaveOneOutLines(own, own.map(predict));
  const observational = {
    estimate: whole!.slope,
    leaveOneOut: without.map((line) => line!.slope),
  };
  return {
    share: shareOverPrompts(causal, observational, null),
    slope: slopeOverPrompts(causal, null),
  };
}

function holds({ estimate, low, high }: Interval, truth: number): boolean {
  // A linear head's causal slope is the same on every text: there is no interval, and no error.
  if (low === null || high === null) return Math.abs(estimate! - truth) < 1e-6;
  return low - 1e-9 <= truth && truth <= high + 1e-9;
}
