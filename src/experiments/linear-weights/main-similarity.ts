import type { BoundHead } from "../../heads/bind-head";
import { hookPoint } from "../../model/hook-points";
import { COMPARISONS } from "./comparisons";
import { isResidualTarget } from "./residual-target";
import type { MainSimilarity, SimilarityTest } from "./similarity-evidence";

/** By which weights a hidden MLP neuron reads, by its activation. */
const READS_BY: ReadonlyMap<string | null, "input" | "gate"> = new Map([
  ["mlp.hook_pre", "gate"],
  ["mlp.hook_pre_linear", "input"],
  ["mlp.hook_post", "input"],
]);

/**
 * The similarity that means something for what the head predicts: with what a hidden neuron reads; with a
 * coordinate of the stream, or with what that coordinate reads where the head sees the stream before it.
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

function mainComparison({
  hook,
  model,
  targetCanMatter,
}: Pick<BoundHead, "hook" | "model" | "targetCanMatter">): MainSimilarity["comparison"] {
  if (isResidualTarget({ hook, model })) {
    return targetCanMatter ? "basis_vector" : "read_direction";
  }
  const reads = READS_BY.get(hookPoint(hook, model.cfg).nameInBlock) ?? null;
  return reads === "gate" && !model.cfg.gated_mlp ? "input" : reads;
}
