import type { BoundHead } from "../../heads/bind-head";
import { hookPoint } from "../../model/hook-points";
import { isResidualTarget } from "./residual-target";
import type { MainSimilarity } from "./similarity-evidence";

/** Activations of the MLP's hidden neurons, and by which of its inputs each is read in a gated one. */
const HIDDEN: ReadonlyMap<string | null, "input" | "gate"> = new Map([
  ["mlp.hook_pre", "gate"],
  ["mlp.hook_pre_linear", "input"],
  ["mlp.hook_post", "gate"],
]);

/**
 * The one vector that a head's linear weights are compared with first: what its target writes to the stream
 * that the head reads (a coordinate's basis vector, a hidden neuron's `W_out[n, :]`) or, where the target
 * comes after what the head reads, what the target reads.
 *
 * @returns null where the target is neither in the residual stream nor a hidden neuron of the MLP
 */
export function mainComparison({
  hook,
  model,
  targetCanMatter,
}: Pick<BoundHead, "hook" | "model" | "targetCanMatter">): MainSimilarity["comparison"] {
  if (isResidualTarget({ hook, model })) return targetCanMatter ? "basis_vector" : "read_direction";
  const reads = HIDDEN.get(hookPoint(hook, model.cfg).nameInBlock);
  if (reads === undefined) return null;
  if (targetCanMatter) return "output";
  return model.cfg.gated_mlp ? reads : "input";
}
