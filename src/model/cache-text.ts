import type * as tf from "@tensorflow/tfjs-core";
import type { ModelConfig } from "./config";
import type { HookPointName } from "./hook-names";
import { hookDict } from "./hook-points";

/** A cache in a few lines: each activation with its shape, those of all blocks in one line. */
export function cacheText(
  tensors: ReadonlyMap<HookPointName, tf.Tensor>,
  cfg: ModelConfig,
): string {
  const points = hookDict(cfg);
  const rows = new Map<string, { layers: number[]; names: string[]; shape: string }>();
  for (const [name, tensor] of tensors) {
    const { nameInBlock, layer } = points.get(name)!;
    const shape = tensor.isDisposed ? "disposed" : `[${tensor.shape.join(", ")}]`;
    const key = `${nameInBlock ?? name} ${shape}`;
    const row = rows.get(key) ?? { layers: [], names: [], shape };
    row.layers.push(layer());
    row.names.push(name);
    rows.set(key, row);
  }
  const named = [...rows.values()].map(({ layers, names, shape }): [string, string] => {
    const [first] = names;
    const isEveryOne = layers.every((layer, i) => layer === layers[0] + i);
    if (layers.length === 1) return [first, shape];
    const which = isEveryOne ? `${layers[0]}–${layers.at(-1)}` : layers.join(",");
    return [first.replace(/^blocks\.\d+/, `blocks.{${which}}`), shape];
  });
  const width = Math.max(0, ...named.map(([name]) => name.length));
  return [
    `ActivationCache: ${tensors.size} activation${tensors.size === 1 ? "" : "s"}`,
    ...named.map(([name, shape]) => `  ${name.padEnd(width)}  ${shape}`),
  ].join("\n");
}
