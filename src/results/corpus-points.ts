/** Positions of a corpus drawn at random, in the texts' order: what a scatter plot shows. */
export interface CorpusPoints {
  readonly text: readonly number[];
  readonly position: readonly number[];
  readonly strToken: readonly string[];
  readonly activation: readonly number[];
  readonly prediction: readonly number[];
}

/** Rising edges, one more than bins, and how many positions lie between them. */
export interface CorpusHistogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}
