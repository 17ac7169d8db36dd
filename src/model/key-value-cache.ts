import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { AttentionMask } from "./attention-mask";
import type { ModelConfig } from "./config";
import type { LayerKeysValues } from "./forward";

type Sizes = Pick<ModelConfig, "n_layers" | "n_heads" | "d_head">;

/**
 * Keys and values of positions that were run, so that the next ones need not run them again
 * (TransformerLens's `past_kv_cache`).
 *
 * Every run that is given it as `pastKvCache` attends to what it holds and then adds its own
 * positions, unless it is frozen. What it holds for one sequence serves a batch of any size. The
 * tensors are its own: dispose it.
 *
 * @example
 * const past = new KeyValueCache(model);
 * model.forward("Once upon", { pastKvCache: past, returnType: null });
 * past.freeze();
 * const logits = model.forward([" a time", " the hill"], { pastKvCache: past, paddingSide: "right" });
 * logits.dispose();
 * past.dispose();
 */
export class KeyValueCache {
  private readonly cfg: Sizes;
  private layers: readonly LayerKeysValues[] = [];
  private mask: AttentionMask = [];
  private isFrozen = false;

  constructor({ cfg }: { readonly cfg: Sizes }) {
    this.cfg = cfg;
  }

  /** How many positions it holds, padding included. */
  get length(): number {
    return this.mask[0]?.length ?? 0;
  }

  /** Of how many sequences; 0 while it is empty. */
  get batchSize(): number {
    return this.mask.length;
  }

  /** Whether runs leave it as it is. */
  get frozen(): boolean {
    return this.isFrozen;
  }

  /** From now on runs attend to what it holds and add nothing. */
  freeze(): this {
    this.isFrozen = true;
    return this;
  }

  /** From now on runs add their positions again. */
  unfreeze(): this {
    this.isFrozen = false;
    return this;
  }

  /**
   * Checks that a batch of `batchSize` can be run after what it holds.
   *
   * @throws InputError if it is of another model or another batch.
   */
  check(cfg: Sizes, batchSize: number): void {
    const text = ({ n_layers, n_heads, d_head }: Sizes) =>
      `${n_layers} layers of ${n_heads} heads of ${d_head}`;
    if (cfg !== this.cfg) {
      const isAlike = text(cfg) === text(this.cfg);
      throw new InputError("the key/value cache is of another model", {
        found: isAlike ? "one with the same sizes" : text(this.cfg),
        expected: isAlike ? "the model that is run" : text(cfg),
      });
    }
    if (this.batchSize > 1 && this.batchSize !== batchSize) {
      throw new InputError("the key/value cache holds another number of sequences", {
        found: `${this.batchSize} in the cache and ${batchSize} in the batch`,
        expected: "the same number, or one in the cache",
      });
    }
  }

  /** The mask of what it holds, a row for each of `batchSize` sequences; null if it is empty. */
  maskFor(batchSize: number): AttentionMask | null {
    if (this.length === 0) return null;
    return Array.from({ length: batchSize }, (_, row) => this.mask[row] ?? this.mask[0]);
  }

  /** One layer's keys and values, of one sequence or of all; undefined if it is empty. */
  layer(layer: number): LayerKeysValues | undefined {
    return this.layers[layer];
  }

  /** Takes over kept tensors that hold all positions, one entry a layer, and their mask. */
  replace(layers: readonly LayerKeysValues[], mask: AttentionMask): void {
    disposeKeysValues(this.layers);
    this.layers = layers;
    this.mask = mask;
  }

  /** Frees every tensor; the cache is empty then and can be used again. */
  dispose(): void {
    this.replace([], []);
  }
}

/** Frees the tensors of some layers. */
export function disposeKeysValues(layers: readonly LayerKeysValues[]): void {
  for (const { k, v } of layers) tf.dispose([k, v]);
}
