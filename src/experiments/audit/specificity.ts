import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import { rankAmong } from "../../stats/rank-among";
import type { Specificity } from "./result";
import { chosenNeurons, type NeuronEffects } from "./sweep-runs";
import { SPECIFICITY } from "./thresholds";

/** How many of the largest effects a result lists. */
const LISTED = 10;

/**
 * Where the target stands among the neurons of its activation.
 *
 * @param effects null where there are too few for a rank
 */
export function specificity(
  head: BoundHead,
  effects: NeuronEffects | null,
  streams: RandomStreams,
): Specificity {
  const { hook, index } = head;
  const neurons = chosenNeurons(head, streams);
  if (effects === null) {
    return {
      ...{ neurons: neurons.length, texts: 0, effect: null, largest: [] },
      ...{ rank: null, of: neurons.length, percentile: null, p_value: null },
      reason: `${hook} has ${neurons.length} neurons: a rank takes ${SPECIFICITY.fewest}`,
    };
  }
  const effect = effects.get(index)!;
  const others = neurons.filter((neuron) => neuron !== index);
  const rank = rankAmong(
    effect,
    others.map((neuron) => effects.get(neuron)!),
  );
  const largest = [...neurons]
    .sort((a, b) => effects.get(b)! - effects.get(a)! || a - b)
    .slice(0, LISTED)
    .map((neuron) => ({ neuron, effect: effects.get(neuron)! }));
  const counts = { neurons: neurons.length, texts: SPECIFICITY.texts };
  return { ...counts, effect, largest, ...rank, reason: null };
}
