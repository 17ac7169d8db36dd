import * as tf from "@tensorflow/tfjs-core";
import { type NamedArray, toFloat32 } from "../checkpoints/named-array";
import { openSafetensors } from "../checkpoints/safetensors-reader";
import { writeSafetensors } from "../checkpoints/safetensors-writer";
import { InputError } from "../errors";
import type { ModelConfig } from "./config";
import type { HookPointName } from "./hook-names";
import { type HookPoint, hookDict } from "./hook-points";

/** Says in the file what it is. */
const FORMAT = { format: "tslens activation cache" };

/** Writes activations by name, with their batch axis, as float32. */
export async function writeCacheFile(
  path: string,
  activations: Iterable<readonly [string, tf.Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const arrays = [...activations].map(([name, tensor]): [string, NamedArray] => [
    name,
    { dtype: "float32", shape: tensor.shape, data: tensor.dataSync<"float32">() as Float32Array },
  ]);
  await writeSafetensors(path, new Map(arrays), { ...metadata, ...FORMAT });
}

/**
 * Reads activations, in the order of the forward pass.
 *
 * @throws CheckpointError if the file is damaged.
 * @throws InputError if it holds something else than activations of this model.
 */
export function readCacheFile(path: string, cfg: ModelConfig): Map<HookPointName, tf.Tensor> {
  const source = openSafetensors(path);
  const read = new Map<HookPointName, tf.Tensor>();
  try {
    const points: ReadonlyMap<string, HookPoint> = hookDict(cfg);
    const unknown = source.names.find((name) => !points.has(name));
    if (unknown !== undefined || source.names.length === 0) {
      throw new InputError("this file does not hold activations of this model", {
        file: path,
        found: unknown === undefined ? "no tensors" : `"${unknown}"`,
        expected: `names such as "${[...points.keys()][2]}"`,
      });
    }
    const held = new Set(source.names);
    for (const point of [...points.values()].filter(({ name }) => held.has(name))) {
      const { name } = point;
      checkShape(path, point, source.info(name).shape);
      const array = source.read(name);
      const data = toFloat32(array, `${path}: "${name}"`);
      read.set(name, tf.keep(tf.tensor(data, [...array.shape], "float32")));
    }
    return read;
  } catch (error) {
    tf.dispose([...read.values()]);
    throw error;
  } finally {
    source.close();
  }
}

/** @throws InputError if an activation does not have the sizes that it has in this model. */
function checkShape(file: string, { name, ...point }: HookPoint, shape: readonly number[]): void {
  const expected = point.shape.map((size, axis) => size ?? point.axes[axis]);
  const fits = (size: number | string, axis: number) =>
    typeof size === "string" || size === shape[axis];
  if (shape.length === expected.length && expected.every(fits)) return;
  throw new InputError(`"${name}" has another shape than in this model`, {
    file,
    found: `[${shape.join(", ")}]`,
    expected: `[${expected.join(", ")}]`,
  });
}
