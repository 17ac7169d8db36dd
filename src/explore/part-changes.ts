import { leadsTo } from "../model/hook-flow";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { dotProduct } from "../stats/dot-product";
import { l2Norm } from "../stats/l2-norm";
import type { PartChange } from "./explorer";

/** An activation that adds to the residual stream, and that a patched neuron can change. */
export interface ChangingPart {
  readonly hook: HookPoint;
  readonly layer: number;
  readonly part: PartChange["part"];
}

/**
 * What a patch of the target can change at the same position, in the order of the forward pass: what the
 * neuron itself writes, then attention and MLP of the layers up to the features.
 */
export function changingParts(
  target: HookPoint,
  features: HookPoint,
  { cfg }: Pick<HookedTransformer, "cfg">,
): ChangingPart[] {
  const parts: ChangingPart[] = [];
  const isOfPart = target.part !== null;
  if (!isOfPart && target.order <= features.order)
    parts.push({ hook: target, layer: target.layer(), part: "neuron" });
  for (let layer = Math.max(target.layer(), 0); layer < cfg.n_layers; layer++) {
    for (const [name, part] of [
      ["attn_out", "attention"],
      ["mlp_out", "mlp"],
    ] as const) {
      const hook = hookPoint([name, layer], cfg);
      if (!leadsTo(target, hook, cfg) || hook.order > features.order) continue;
      const isOwn = isOfPart && parts.length === 0;
      parts.push({ hook, layer, part: isOwn ? "neuron" : part });
    }
  }
  return parts;
}

/** A part's vector without and with the patch, `[size]` each. */
export interface PartVectors {
  readonly clean: Float32Array;
  readonly patched: Float32Array;
}

/**
 * What a part does otherwise.
 *
 * @param gradient `[d_model]` of the prediction, by the features; null where there is none
 */
export function partChange(
  { hook, layer, part }: ChangingPart,
  { clean, patched }: PartVectors,
  gradient: readonly number[] | null,
): PartChange {
  const change = Float64Array.from(patched, (value, i) => value - clean[i]);
  const [length, changed] = [l2Norm(clean), l2Norm(change)];
  return {
    ...{ layer, part, hook: hook.name },
    contribution: gradient && dotProduct(gradient, change),
    relativeChange: length > 0 ? changed / length : changed === 0 ? 0 : null,
  };
}
