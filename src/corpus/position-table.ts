import { firstOwnPositions } from "./first-own-positions";

/** Activation and prediction of every position of many texts, 12 bytes a position, text after text. */
export class PositionTable {
  readonly activation: Float32Array;
  readonly prediction: Float64Array;
  /** `[text]` where its positions begin; one more for the end. */
  readonly starts: Uint32Array;
  /** `[text]` its first position that no text before it (in alphabetical order) shares. */
  private readonly firstOwn: Uint32Array;

  constructor(readonly texts: readonly (readonly number[])[]) {
    this.starts = new Uint32Array(texts.length + 1);
    texts.forEach((ids, text) => {
      this.starts[text + 1] = this.starts[text] + ids.length;
    });
    this.activation = new Float32Array(this.length);
    this.prediction = new Float64Array(this.length);
    this.firstOwn = firstOwnPositions(texts);
  }

  get length(): number {
    return this.starts[this.texts.length];
  }

  put(text: number, activation: ArrayLike<number>, prediction: ArrayLike<number>): void {
    this.activation.set(activation, this.starts[text]);
    this.prediction.set(prediction, this.starts[text]);
  }

  /** Which text a row belongs to. */
  textOf(row: number): number {
    let [low, high] = [0, this.texts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Rows of a text that are measurements of their own, from a position on: `[from, to)`. */
  ownRows(text: number, firstPosition: number): [from: number, to: number] {
    const from = this.starts[text] + Math.max(this.firstOwn[text], firstPosition);
    const to = this.starts[text + 1];
    return [Math.min(from, to), to];
  }
}
