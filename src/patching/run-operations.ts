import type { BoundHead } from "../heads/bind-head";
import { hookPoint } from "../model/hook-points";
import { layerParameters } from "../model/parameter-count";

/** What two cores do in about ten minutes: more is too long for a cell of a notebook. */
export const MOST_FOR_A_CELL = 5e13;

/**
 * Floating-point operations of one patched run, from the target's block to what the head reads, at one
 * position; attention over earlier positions aside.
 */
export function patchedRunOperations({
  hook,
  reads,
  model,
}: Pick<BoundHead, "hook" | "reads" | "model">): number {
  const { cfg } = model;
  const points = reads.map((name) => hookPoint(name, cfg));
  const last = Math.min(Math.max(...points.map((point) => point.layer())), cfg.n_layers - 1);
  const layers = Math.max(last - hookPoint(hook, cfg).layer(), 0) + 1;
  const readsLogits = reads.includes("unembed.hook_out");
  const unembedding = readsLogits ? cfg.d_model * cfg.d_vocab : 0;
  return 2 * (layers * layerParameters(cfg) + unembedding);
}
