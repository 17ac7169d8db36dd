import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { HookPoint } from "../model/hook-points";
import { byPosition, fromByPosition } from "./activation-layout";
import type { NewValues } from "./new-values";

/** Changes to one activation of a batch of rows, number by number; `[row, pos, size]`. */
export class RowEdits {
  private readonly touched: Uint8Array;
  private sets: Float32Array | null = null;
  private factors: Float32Array | null = null;
  private terms: Float32Array | null = null;
  private isSet: Uint8Array | null = null;

  constructor(
    private readonly hook: HookPoint,
    private readonly shape: readonly [rows: number, positions: number, size: number],
  ) {
    this.touched = new Uint8Array(shape[0] * shape[1] * shape[2]);
  }

  /**
   * Changes `length` numbers of one row at one position.
   *
   * @throws InputError if one of them is changed already.
   */
  add(row: number, position: number, start: number, length: number, values: NewValues): void {
    const [, positions, size] = this.shape;
    const from = (row * positions + position) * size + start;
    for (let i = 0; i < length; i++) {
      if (this.touched[from + i]) throw patchedTwice(this.hook.name);
      this.touched[from + i] = 1;
      this.change(from + i, i, values);
    }
  }

  /** The activation with the changes made, in exact float32. Call it in a tidy. */
  apply<T extends tf.Tensor>(activation: T): T {
    let flat = byPosition(this.hook, activation, this.shape[0]);
    const tensor = (data: Float32Array) => tf.tensor3d(data, [...this.shape]);
    if (this.factors) flat = tf.mul(flat, tensor(this.factors));
    if (this.terms) flat = tf.add(flat, tensor(this.terms));
    if (this.isSet) {
      const isSet = tf.tensor3d(this.isSet, [...this.shape], "bool");
      flat = tf.where(isSet, tensor(this.sets!), flat);
    }
    return fromByPosition(this.hook, flat, activation);
  }

  private change(at: number, i: number, values: NewValues): void {
    const size = this.touched.length;
    if (values.kind === "set") {
      this.sets ??= new Float32Array(size);
      this.isSet ??= new Uint8Array(size);
      this.sets[at] = values.at(i);
      this.isSet[at] = 1;
    } else if (values.kind === "scale") {
      this.factors ??= new Float32Array(size).fill(1);
      this.factors[at] = values.by;
    } else {
      this.terms ??= new Float32Array(size);
      this.terms[at] = values.by;
    }
  }
}

function patchedTwice(hook: string): InputError {
  return new InputError("a variant patches the same place twice", {
    found: hook,
    remedy: "Put what is done there into one patch.",
  });
}
