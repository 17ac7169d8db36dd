import * as tf from "@tensorflow/tfjs-core";
import { type NamedArray, toFloat32 } from "../checkpoints/named-array";
import { openSafetensors } from "../checkpoints/safetensors-reader";
import { writeSafetensors } from "../checkpoints/safetensors-writer";
import { InputError } from "../errors";
import type { GPT2Config } from "./config";
import { allHookNames } from "./hook-names";

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
export function readCacheFile(path: string, cfg: GPT2Config): Map<string, tf.Tensor> {
  const source = openSafetensors(path);
  const read = new Map<string, tf.Tensor>();
  try {
    const unknown = source.names.find((name) => !allHookNames(cfg).includes(name));
    if (unknown !== undefined || source.names.length === 0) {
      throw new InputError("this file does not hold activations of this model", {
        file: path,
        found: unknown === undefined ? "no tensors" : `"${unknown}"`,
        expected: `names such as "${allHookNames(cfg)[2]}"`,
      });
    }
    for (const name of allHookNames(cfg).filter((known) => source.names.includes(known))) {
      checkShape(path, name, source.info(name).shape, cfg);
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
function checkShape(file: string, name: string, shape: readonly number[], cfg: GPT2Config): void {
  const expected = shapeOf(name, cfg);
  const fits = (size: number | string, axis: number) =>
    typeof size === "string" || size === shape[axis];
  if (shape.length === expected.length && expected.every(fits)) return;
  throw new InputError(`"${name}" has another shape than in this model`, {
    file,
    found: `[${shape.join(", ")}]`,
    expected: `[${expected.join(", ")}]`,
  });
}

/** An activation's sizes; a text where they are those of the input. */
function shapeOf(name: string, cfg: GPT2Config): (number | string)[] {
  const hook = name.slice(name.lastIndexOf("hook_"));
  if (/attn_scores$|pattern$/.test(hook)) return ["batch", cfg.n_heads, "query", "key"];
  if (/hook_[qkvz]$/.test(hook)) return ["batch", "pos", cfg.n_heads, cfg.d_head];
  if (hook === "hook_result") return ["batch", "pos", cfg.n_heads, cfg.d_model];
  const size: Record<string, number> = {
    hook_scale: 1,
    hook_pre: cfg.d_mlp,
    hook_post: cfg.d_mlp,
    hook_out: cfg.d_vocab,
  };
  return ["batch", "pos", size[hook] ?? cfg.d_model];
}
