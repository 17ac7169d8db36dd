import type { BoundHead } from "../../heads/bind-head";
import { hookPoint } from "../../model/hook-points";

/** Whether the target is a coordinate of the residual stream rather than a hidden MLP neuron. */
export function isResidualTarget({ hook, model }: Pick<BoundHead, "hook" | "model">): boolean {
  const { writes, sizePerHead } = hookPoint(hook, model.cfg);
  return writes === "itself" && sizePerHead === undefined;
}
