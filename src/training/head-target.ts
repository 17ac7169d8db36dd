import { InputError } from "../errors";
import type { HookPointName } from "../model/hook-names";
import { hookPoint, hookPointInLayer, resolveLayer } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";

/** What a head is to predict, and what it reads. */
export interface HeadTarget {
  /** The block whose activation is predicted, from 0. */
  readonly layer: number;
  /** Long name of that activation. */
  readonly hook: HookPointName;
  /** How many neurons it has at a position. */
  readonly size: number;
  /** Long name of the residual stream that the head reads. */
  readonly featureHook: HookPointName;
  /** Residual stream that the logits are made from. */
  readonly lastHook: HookPointName;
}

export interface HeadTargetOptions {
  /** The block, from 0; negative counts from the end. */
  readonly layer: number;
  readonly layerType: string;
  readonly featureLayer: number;
}

/**
 * Looks up an activation in a model.
 *
 * @throws InputError if the model has no such layer or activation, or it stands at pairs of positions.
 */
export function headTarget(
  model: HookedTransformer,
  { layer, layerType, featureLayer }: HeadTargetOptions,
): HeadTarget {
  const { cfg } = model;
  const index = resolveLayer(layer, cfg, "the layer");
  // Layer norms need to say which: "ln1.hook_scale".
  const { name: hook, size } = hookPointInLayer(layerType, index, cfg);
  if (size === null) {
    throw new InputError("this activation has no neurons at a position", {
      found: layerType,
      expected: `an activation such as "mlp_out", "post" or "resid_post"`,
    });
  }
  const feature = resolveLayer(featureLayer, cfg, "the feature layer");
  return {
    layer: index,
    hook,
    size,
    featureHook: hookPoint(["resid_post", feature], cfg).name,
    lastHook: hookPoint(["resid_post", -1], cfg).name,
  };
}

/** @throws InputError if the activation has no such neuron. */
export function checkNeuron(neuron: number, { hook, size }: HeadTarget): void {
  if (Number.isInteger(neuron) && neuron >= 0 && neuron < size) return;
  throw new InputError("the neuron is out of range", {
    found: String(neuron),
    expected: `a whole number from 0 to ${size - 1} for ${hook}`,
  });
}
