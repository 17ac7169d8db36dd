import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type HookName, resolveHookName } from "./hook-names";

/**
 * Activations of one run by name, as TransformerLens's `ActivationCache`.
 *
 * The tensors belong to the cache: they live until `dispose()`. Shapes have the batch axis first:
 * residual stream and MLP `[batch, pos, d_model | d_mlp]`, `hook_q|k|v|z` `[batch, pos, n_heads,
 * d_head]`, `hook_attn_scores|pattern` `[batch, n_heads, query, key]`.
 *
 * @example
 * const [logits, cache] = model.runWithCache("The quick brown fox");
 * cache.get("mlp_out", 2).print();
 * cache.dispose();
 */
export class ActivationCache {
  private readonly tensors = new Map<string, tf.Tensor>();

  constructor(private readonly cfg: { readonly n_layers: number }) {}

  /** Names of what was kept, in the order in which it was computed. */
  keys(): string[] {
    return [...this.tensors.keys()];
  }

  /** Whether an activation was kept. */
  has(name: string, layer?: number): boolean {
    return this.tensors.has(this.resolve(name, layer));
  }

  /**
   * An activation by its long name, or by short name and layer; negative layers count from the end.
   *
   * @throws InputError if the model has no such activation or it was not kept in this run.
   */
  get(name: string, layer?: number): tf.Tensor {
    const key = this.resolve(name, layer);
    const tensor = this.tensors.get(key);
    if (!tensor) {
      throw new InputError(`"${key}" was not kept in this run`, {
        remedy: "Name it in namesFilter.",
      });
    }
    return tensor;
  }

  /** Keeps a copy of what `value` holds now (the data are shared, not copied). */
  keep(name: string, value: tf.Tensor): void {
    this.tensors.get(name)?.dispose();
    this.tensors.set(name, tf.keep(tf.clone(value)));
  }

  /** Frees every tensor. */
  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }

  private resolve(name: string, layer?: number): string {
    const hook: HookName = layer === undefined ? name : [name, layer];
    return resolveHookName(hook, this.cfg);
  }
}
