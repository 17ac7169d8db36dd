import type { LinearWeightsResult } from "./result";
import type { SimilarityTest } from "./similarity-evidence";

type Comparison = SimilarityTest["comparison"];
type Target = Pick<LinearWeightsResult, "main_similarity">;

const OF_STREAM: ReadonlySet<Comparison> = new Set([
  "basis_vector",
  "read_direction",
  "gate_read_direction",
]);

/** Whether a vector is the target's own: hidden neuron n is another one where a head predicts the stream. */
export function isOfTarget({ main_similarity }: Target, comparison: Comparison): boolean {
  const main = main_similarity.comparison;
  return main !== null && OF_STREAM.has(main) === OF_STREAM.has(comparison);
}

/** What is of the target first, the similarity that means most before all. */
export function targetFirst<Item extends { readonly comparison: Comparison }>(
  result: Target,
  items: readonly Item[],
): Item[] {
  const place = ({ comparison }: Item) =>
    comparison === result.main_similarity.comparison ? 0 : isOfTarget(result, comparison) ? 1 : 2;
  return [...items].sort((a, b) => place(a) - place(b));
}
