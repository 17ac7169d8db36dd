import * as tf from "@tensorflow/tfjs-core";
import type { HookedTransformer } from "../model/hooked-transformer";
import { embeddingRows, unembeddingRows } from "../model/vocabulary";
import type { BoundHead } from "./bind-head";
import type { ClassificationConfig, RegressionConfig } from "./head-config";
import type { HeadFiles } from "./load-head";
import { binCentres } from "./prediction";

/** A head as one direction in the residual stream. */
export interface LinearWeights {
  /** Length d_model. */
  readonly weights: number[];
  /** How they were made, in one sentence. */
  readonly rule: string;
  /** Reasons to read them with care. */
  readonly warnings: string[];
  /** The same sum by another rule that the prediction depends on more directly; null where there is none. */
  readonly alternative: {
    readonly name: "centred" | "unembed";
    readonly weights: number[];
    readonly rule: string;
  } | null;
}

/**
 * The linear weights of a head.
 *
 * Regression: the output row (composed with the hidden layer, its non-linearity ignored), times
 * `output_scale`. Classification: the sum over classes of bin centre × row; softmax ignores a vector
 * added to every class and that sum does not, so the sum with centred centres is given beside it.
 * Token: the sum over digits i of i/9 × the digit token's embedding; beside it the same with the
 * unembedding, which the prediction reads.
 */
export function linearWeights({ files, model, digitTokens }: BoundHead): LinearWeights {
  const { config } = files;
  switch (config.headType) {
    case "regression":
      return regressionWeights(files, config.head);
    case "classification":
      return classificationWeights(files, config.head, binCentres(config));
    case "token":
      return tokenWeights(model, digitTokens!);
  }
}

function regressionWeights(files: HeadFiles, head: RegressionConfig): LinearWeights {
  const [row] = outputRows(files, head.hidden !== null);
  const scaled = head.outputScale === 1 ? "" : `, times output_scale ${head.outputScale}`;
  return {
    weights: row.map((weight) => weight * head.outputScale),
    rule: head.hidden
      ? `output.weight @ hidden.weight (the ${head.hidden.activation} between them ignored)${scaled}`
      : `output.weight[0]${scaled}`,
    warnings: [],
    alternative: null,
  };
}

function classificationWeights(
  files: HeadFiles,
  head: ClassificationConfig,
  centres: number[] | null,
): LinearWeights {
  const rows = outputRows(files, head.hidden !== null);
  const row = head.hidden ? "composed row (output.weight @ hidden.weight)" : "row of output.weight";
  if (!centres) {
    return {
      weights: rows[0],
      rule: `the first class's ${row}`,
      warnings: ["the head has no bin_edges, so its linear weights are only its first class's"],
      alternative: null,
    };
  }
  const mean = centres.reduce((sum, centre) => sum + centre, 0) / centres.length;
  return {
    weights: weightedSum(rows, centres),
    rule: `sum over classes of bin centre × ${row}`,
    warnings: [],
    alternative: {
      name: "centred",
      weights: weightedSum(
        rows,
        centres.map((centre) => centre - mean),
      ),
      rule: `sum over classes of (bin centre − mean of the centres) × ${row}`,
    },
  };
}

function tokenWeights(model: HookedTransformer, digitTokens: readonly number[]): LinearWeights {
  const shares = digitTokens.map((_, digit) => digit / (digitTokens.length - 1));
  const { embedding, unembedding } = model.weights;
  const [W_E, W_U] = tf.tidy(() => {
    const digits = tf.tensor1d([...digitTokens], "int32");
    const rows = [embeddingRows(embedding, digits), unembeddingRows(unembedding, digits)];
    return rows.map((matrix) => matrix.arraySync() as number[][]);
  });
  return {
    weights: weightedSum(W_E, shares),
    rule: "sum over digits i of i/9 × the digit token's embedding W_E[t]",
    warnings: [],
    alternative: {
      name: "unembed",
      weights: weightedSum(W_U, shares),
      rule: "sum over digits i of i/9 × the digit token's unembedding W_U[:, t]",
    },
  };
}

/** A row per output in terms of the features: `output.weight`, or `output.weight @ hidden.weight`. */
function outputRows({ tensors }: HeadFiles, hasHidden: boolean): number[][] {
  const output = rowsOf(tensors, "output.weight");
  if (!hasHidden) return output;
  const hidden = rowsOf(tensors, "hidden.weight");
  return output.map((row) => weightedSum(hidden, row));
}

function rowsOf(tensors: HeadFiles["tensors"], name: string): number[][] {
  const { data, shape } = tensors.get(name)!;
  const [rows, columns] = shape;
  return Array.from({ length: rows }, (_, row) =>
    Array.from(data.subarray(row * columns, (row + 1) * columns)),
  );
}

/** Sum of rows, each times its factor; rows beyond the factors are left out. */
function weightedSum(rows: readonly (readonly number[])[], factors: readonly number[]): number[] {
  const sum = new Array<number>(rows[0].length).fill(0);
  factors.forEach((factor, i) => {
    rows[i].forEach((value, column) => {
      sum[column] += factor * value;
    });
  });
  return sum;
}
