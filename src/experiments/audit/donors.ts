import type { StreamChoice } from "../../analysis/random-streams";
import { randomStream } from "../../stats/random-stream";

/**
 * Whose value each text takes, `[donor][text]`: `count` other texts for each, each text's value used
 * equally often.
 *
 * @param texts how many texts; more than `count`
 */
export function donorPlan(texts: number, count: number, { seed, name }: StreamChoice): number[][] {
  const stream = randomStream(seed, name);
  const order = stream.shuffle(Array.from({ length: texts }, (_, i) => i));
  const steps = stream.shuffle(Array.from({ length: texts - 1 }, (_, i) => i + 1)).slice(0, count);
  const placeOf = new Map(order.map((text, place) => [text, place]));
  return steps.map((step) =>
    Array.from({ length: texts }, (_, text) => order[(placeOf.get(text)! + step) % texts]),
  );
}
