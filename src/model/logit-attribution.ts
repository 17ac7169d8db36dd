import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { AxisSlice } from "./axis-slice";
import type { ModelConfig } from "./config";
import { unembed } from "./forward";
import {
  type AccumulatedResidOptions,
  accumulatedResid,
  applyLnToStack,
  type CachedRun,
  type LabelledStack,
  type StackLayer,
} from "./residual-stack";
import { shown } from "./shown";
import type { Tokenizer } from "./tokenizer";
import { unembeddingRows } from "./vocabulary";

/** A cached run whose tokens have names. */
export interface TokenizedRun extends CachedRun {
  readonly tokenizer: Tokenizer | null;
}

/**
 * Which token is meant: one for all, by id or by its text; a list with one for each sequence (or, if
 * the list has another length than the batch, one for each position); or one for each sequence and
 * position, `[batch][pos]`.
 */
export type TokenChoice = string | number | readonly number[] | readonly (readonly number[])[];

export interface LogitAttrsOptions {
  /** Attribute the difference to these tokens' logits; as many as `tokens`. */
  readonly incorrectTokens?: TokenChoice;
  /** The positions that were taken of the stack. */
  readonly posSlice?: AxisSlice;
  /** Sequences to take. */
  readonly batchSlice?: AxisSlice;
}

export interface LogitLensOptions extends Omit<AccumulatedResidOptions, "applyLn" | "mlpInput"> {}

/**
 * How much each component adds to a token's logit, or to a difference of logits, as TransformerLens's
 * `logit_attrs`: the components, scaled by the cached final layer norm, times W_U's columns. Without
 * b_U; the components' sum is the logit less b_U in a model whose layer norms are folded.
 *
 * @returns `[component, batch, pos]`, without the axes that were sliced away
 */
export function logitAttrs(
  run: TokenizedRun,
  { stack, labels }: LabelledStack,
  tokens: TokenChoice,
  { incorrectTokens, posSlice, batchSlice }: LogitAttrsOptions,
): LabelledStack {
  const ids = tokenIds(tokens, run);
  const incorrect = incorrectTokens === undefined ? null : tokenIds(incorrectTokens, run);
  if (incorrect && incorrect.shape.join() !== ids.shape.join()) {
    throw new InputError("tokens and incorrectTokens differ in shape", {
      found: `[${incorrect.shape.join(", ")}]`,
      expected: `[${ids.shape.join(", ")}]`,
    });
  }
  const attributions = tf.tidy(() => {
    const scaled = applyLnToStack(run, stack, -1, { posSlice, batchSlice });
    const hasBatch = typeof batchSlice !== "number";
    const directions = residualDirections(run, ids, incorrect);
    const placed = beside(directions, scaled, hasBatch);
    return tf.sum(tf.mul(scaled, placed), -1);
  });
  return { stack: attributions, labels };
}

/**
 * What the model would predict from the residual stream before each block: final layer norm (with
 * statistics of that residual stream), W_U and b_U. The last component is the model's logits.
 *
 * @returns `[component, batch, pos, d_vocab]`, without the axes that were sliced away
 */
export function logitLens(
  run: CachedRun,
  layer: StackLayer,
  options: LogitLensOptions,
): LabelledStack {
  const { cfg, weights } = run;
  const { stack, labels } = accumulatedResid(run, layer, { ...options, applyLn: false });
  try {
    const logits = tf.tidy(() => {
      const flat = tf.reshape(stack, [1, -1, cfg.d_model]) as tf.Tensor3D;
      return tf.reshape(unembed(weights, cfg, flat), [...stack.shape.slice(0, -1), cfg.d_vocab]);
    });
    return { stack: logits, labels };
  } finally {
    stack.dispose();
  }
}

interface TokenIds {
  readonly ids: readonly number[];
  readonly shape: readonly number[];
}

/** W_U's columns of the tokens, less those of the incorrect ones: `[…shape, d_model]`. */
function residualDirections(
  { cfg, weights }: CachedRun,
  tokens: TokenIds,
  incorrect: TokenIds | null,
): tf.Tensor {
  const columns = ({ ids, shape }: TokenIds) => {
    const rows = unembeddingRows(weights.unembedding, tf.tensor1d([...ids], "int32"));
    return tf.reshape(rows, [...shape, cfg.d_model]);
  };
  return incorrect ? tf.sub(columns(tokens), columns(incorrect)) : columns(tokens);
}

/** Puts the axes of the directions beside those of the stack `[component, (batch), (pos), d_model]`. */
function beside(directions: tf.Tensor, stack: tf.Tensor, hasBatch: boolean): tf.Tensor {
  const axes = stack.shape.slice(1, -1);
  const given = directions.shape.slice(0, -1);
  const perSequence = hasBatch && axes.length === 2 && given.length === 1 && given[0] === axes[0];
  const placed = perSequence ? tf.expandDims(directions, 1) : directions;
  const fits = (size: number, back: number) => {
    const beside = axes.at(-1 - back);
    return size === 1 || size === beside;
  };
  const placedAxes = placed.shape.slice(0, -1);
  if (placedAxes.length <= axes.length && [...placedAxes].reverse().every(fits)) return placed;
  throw new InputError("the tokens do not fit the stack", {
    found: `[${given.join(", ")}]`,
    expected: `one token, or as many as [${axes.join(", ")}]`,
  });
}

function tokenIds(choice: TokenChoice, run: TokenizedRun): TokenIds {
  if (typeof choice === "string") return { ids: [singleToken(choice, run.tokenizer)], shape: [] };
  if (typeof choice === "number") return { ids: checkIds([choice], run.cfg), shape: [] };
  if (!Array.isArray(choice) || choice.length === 0) {
    throw new InputError("not a choice of tokens", {
      found: shown(choice),
      expected: "a token's text, its id, or lists of ids",
    });
  }
  if (!Array.isArray(choice[0])) {
    return { ids: checkIds(choice as readonly number[], run.cfg), shape: [choice.length] };
  }
  const rows = choice as readonly (readonly number[])[];
  const columns = rows[0].length;
  const isRow = (row: unknown) => Array.isArray(row) && row.length === columns;
  if (columns === 0 || !Array.from(rows).every(isRow)) {
    throw new InputError("the rows of tokens differ in length");
  }
  return {
    ids: checkIds(
      rows.flatMap((row) => [...row]),
      run.cfg,
    ),
    shape: [rows.length, columns],
  };
}

function checkIds(ids: readonly number[], { d_vocab }: ModelConfig): readonly number[] {
  const isId = (id: number) => Number.isInteger(id) && id >= 0 && id < d_vocab;
  const wrong = Array.from(ids).findIndex((id) => !isId(id));
  if (wrong < 0) return ids;
  throw new InputError("a token id is outside the vocabulary", {
    found: shown(ids[wrong]),
    expected: `a whole number from 0 to ${d_vocab - 1}`,
  });
}

function singleToken(text: string, tokenizer: Tokenizer | null): number {
  const ids = tokenizer?.encode(text);
  if (ids?.length === 1) return ids[0];
  throw new InputError(`${JSON.stringify(text)} is not a single token`, {
    found: ids ? `${ids.length} tokens` : "a model without tokenizer",
    remedy: "Give a token's id.",
  });
}
