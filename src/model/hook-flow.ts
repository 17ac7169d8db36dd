import { isLocal, type ModelConfig } from "./config";
import { type HookPoint, hookPointInLayer } from "./hook-points";

/**
 * Whether a change of one activation can change another at the same position: it is computed from it, or it is the
 * same one. Attention and MLP of a parallel block see nothing of one another, nor do queries of keys.
 */
export function leadsTo(
  from: HookPoint,
  to: HookPoint,
  { parallel_attn_mlp }: Pick<ModelConfig, "parallel_attn_mlp">,
): boolean {
  if (from.order > to.order) return false;
  if (from.layer() !== to.layer()) return true;
  const isOtherPart = from.part !== null && to.part !== null && from.part !== to.part;
  if (isOtherPart) return !parallel_attn_mlp;
  if (from.way === undefined || to.way === undefined || from.way === to.way) return true;
  return (from.way === "q" || from.way === "k") && to.way === "scores";
}

/**
 * The same of an activation so many positions later: attention in between has to look back so far, by keys or values
 * that come of the one, and scores or mixed values that lead to the other.
 */
export function leadsToLater(
  from: HookPoint,
  to: HookPoint,
  distance: number,
  cfg: ModelConfig,
): boolean {
  if (distance === 0) return leadsTo(from, to, cfg);
  const carries = (layer: number) =>
    (
      [
        ["k", "attn_scores"],
        ["v", "z"],
      ] as const
    ).some(([own, read]) => {
      const source = hookPointInLayer(own, layer, cfg);
      const isOnWay = from.layer() === layer && from.way === own;
      return (
        (isOnWay || leadsTo(from, source, cfg)) &&
        leadsTo(hookPointInLayer(read, layer, cfg), to, cfg)
      );
    });
  let reach = 0;
  for (let layer = Math.max(from.layer(), 0); layer < cfg.n_layers; layer++) {
    if (layer > to.layer() || reach >= distance) break;
    if (carries(layer)) reach += isLocal(cfg, layer) ? cfg.window_size! - 1 : distance;
  }
  return reach >= distance;
}
