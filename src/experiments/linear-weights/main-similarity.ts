import type { BoundHead } from "../../heads/bind-head";
import { COMPARISONS } from "./comparisons";
import { mainComparison } from "./main-comparison";
import type { MainSimilarity, SimilarityTest } from "./similarity-evidence";

/**
 * The similarity that means something for what the head predicts ({@link mainComparison}).
 *
 * @param tests every similarity of the head
 */
export function mainSimilarity(
  head: Pick<BoundHead, "hook" | "model" | "targetCanMatter">,
  tests: readonly SimilarityTest[],
): MainSimilarity {
  const comparison = mainComparison(head);
  const test = tests.find(
    (one) =>
      one.head_vector === "linear_weights" &&
      one.weights === "processed" &&
      one.comparison === comparison,
  );
  const nothing = { cosine: null, rank: null, of: 0, percentile: null, p_value: null };
  if (comparison === null) {
    const reason = `${head.hook} is neither of a hidden MLP neuron nor in the residual stream`;
    return { comparison, name: null, ...nothing, reason };
  }
  const { label: name } = COMPARISONS[comparison];
  if (!test) return { comparison, name, ...nothing, reason: "the layer has no such neuron" };
  const { rank, of, percentile, p_value, reason } = test.other_neurons;
  const whyNone = test.reason ?? reason;
  return { comparison, name, cosine: test.cosine, rank, of, percentile, p_value, reason: whyNone };
}
