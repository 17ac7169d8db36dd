import type { ChangePoint } from "../../src/patching/change-line";
import { clusteredRegression } from "../../src/stats/clustered-regression";
import { jackknifeInterval } from "../../src/stats/jackknife-interval";
import { leaveOneOutLines } from "../../src/stats/leave-one-out-lines";
import { linearRegression } from "../../src/stats/linear-regression";
import { quantile } from "../../src/stats/quantile";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { studentTQuantile } from "../../src/stats/student-t-quantile";

const CONFIDENCE = 0.95;
const RESAMPLES = 400;

type Method = (
  points: readonly ChangePoint[],
  prompts: number,
  stream: RandomStream,
) => { readonly low: number; readonly high: number };

/** Intervals of a slope that are made otherwise, by their names in the table. */
export const OTHER_METHODS: Readonly<Record<string, Method>> = {
  "percentile bootstrap": percentile,
  "cluster-robust t (CR1)": clusteredT,
  "jackknife t, n − 1": plainJackknife,
};

/** Prompts are drawn with all their runs, and the middle 95% of the slopes is kept. */
function percentile(points: readonly ChangePoint[], prompts: number, stream: RandomStream) {
  const byPrompt = Array.from({ length: prompts }, (_, prompt) =>
    points.filter((point) => point.prompt === prompt),
  );
  const slopes = Array.from({ length: RESAMPLES }, () => {
    const drawn = byPrompt.flatMap(() => byPrompt[stream.integer(0, prompts - 1)]);
    return slopeOf(drawn);
  });
  const tail = (1 - CONFIDENCE) / 2;
  return { low: quantile(slopes, tail)!, high: quantile(slopes, 1 - tail)! };
}

function slopeOf(points: readonly ChangePoint[]): number {
  return linearRegression(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
  ).slope!;
}

function clusteredT(points: readonly ChangePoint[], prompts: number) {
  const { slope } = clusteredRegression(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
    points.map(({ prompt }) => prompt),
  );
  const margin = studentTQuantile(CONFIDENCE, prompts - 1) * slope.standard_error!;
  return { low: slope.estimate! - margin, high: slope.estimate! + margin };
}

function plainJackknife(points: readonly ChangePoint[]) {
  const { whole, without } = leaveOneOutLines(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
    points.map(({ prompt }) => prompt),
  );
  const leaveOneOut = without.map((line) => line!.slope);
  const options = { degreesOfFreedom: "units", skewness: 0 } as const;
  return jackknifeInterval({ estimate: whole!.slope, leaveOneOut }, options)!;
}

/** Draws that are not those of the experiments. */
export function resamplingStream(seed: number): RandomStream {
  return randomStream(seed, "other methods");
}
