/**
 * What decides a verdict. Fixed before any head was looked at; each is printed with the verdict, and
 * docs/audit.md says how often verdicts by them are right.
 */
export const THRESHOLDS = {
  /** A head predicts if r is not surely below this: a tenth of the variance. */
  correlation: Math.sqrt(0.1),
  /** The share that "comes from" the neuron, or its inputs, if it is surely above: one half. */
  share: 0.5,
  /** The target must stand out among this share of its activation's neurons. */
  rank: 0.05,
} as const;

/** Fewest different texts for a verdict, and for one without a warning. */
export const FEWEST_FOR_VERDICT = 100;
export const ENOUGH_TEXTS = 300;

/** On each text the neuron takes its values on so many others. */
export const DONORS = 20;

/** Specificity: so many texts, at most so many neurons, and at least so many for a rank. */
export const SPECIFICITY = { texts: 16, neurons: 512, fewest: 20 } as const;

/** Beside it: directions of the head's length, and heads that learn shuffled labels. */
export const RANDOM_DIRECTIONS = 100;
export const SHUFFLED_HEADS = 3;

/** More texts than this share on which the value was not reached, and there is no input share. */
export const MOST_UNREACHED = 0.2;
