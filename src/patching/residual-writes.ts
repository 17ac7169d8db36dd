import * as tf from "@tensorflow/tfjs-core";
import { activationFunctions } from "../model/activation-functions";
import type { HookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";

/** One number of an MLP that a row changes at one of its positions. */
export interface MlpChange {
  readonly row: number;
  readonly position: number;
  /** `mlp.hook_pre`, `mlp.hook_post` or `hook_mlp_out` of the block. */
  readonly hook: HookPoint;
  readonly index: number;
  readonly before: number;
  readonly after: number;
}

/**
 * What changes of single MLP numbers add to the residual stream: the change of `mlp.hook_post` times
 * `W_out[index]`, that of `hook_mlp_out` at its coordinate.
 *
 * @returns `[rows, positions, d_model]`; dispose it
 */
export function residualWrites(
  { cfg, weights }: HookedTransformer,
  layer: number,
  [rows, positions]: readonly [number, number],
  changes: readonly MlpChange[],
): tf.Tensor3D {
  return tf.tidy(() => {
    const afterFunction = postChanges(changes, cfg.act_fn);
    const neurons = new Int32Array(rows);
    const byNeuron = new Float32Array(rows * positions);
    const direct: MlpChange[] = [];
    changes.forEach((change, i) => {
      if (change.hook.writes === "itself") {
        direct.push(change);
        return;
      }
      neurons[change.row] = change.index;
      byNeuron[change.row * positions + change.position] = afterFunction[i];
    });
    const directions = tf.gather(weights.blocks[layer].mlp.W_out, tf.tensor1d(neurons)); // [R, D]
    const written = tf.mul(
      tf.tensor3d(byNeuron, [rows, positions, 1]),
      tf.expandDims(directions, 1),
    ) as tf.Tensor3D;
    return direct.length === 0
      ? written
      : tf.add(written, coordinates(direct, [rows, positions, cfg.d_model]));
  });
}

/** By how much `mlp.hook_post` changes, which may be through the activation function. */
function postChanges(
  changes: readonly MlpChange[],
  act_fn: HookedTransformer["cfg"]["act_fn"],
): Float32Array {
  const isPre = changes.map(({ hook }) => hook.writes === "act_fn");
  const posts = (values: number[]) => {
    if (!isPre.includes(true)) return values;
    const activated = activationFunctions[act_fn](tf.tensor1d(values)).dataSync();
    return values.map((value, i) => (isPre[i] ? activated[i] : value));
  };
  const before = posts(changes.map((change) => change.before));
  const after = posts(changes.map((change) => change.after));
  return Float32Array.from(after, (value, i) => value - before[i]);
}

function coordinates(
  changes: readonly MlpChange[],
  shape: readonly [number, number, number],
): tf.Tensor3D {
  const [rows, positions, size] = shape;
  const data = new Float32Array(rows * positions * size);
  for (const { row, position, index, before, after } of changes) {
    data[(row * positions + position) * size + index] = after - before;
  }
  return tf.tensor3d(data, [...shape]);
}
