/** What patching is compared with: running whole prompts. */
import * as tf from "@tensorflow/tfjs-core";
import type { HookFunction } from "../src/model/hooks";
import { featuresHook, type PatchCase, predict, type Run, runsOf, type Timed } from "./patch-case";

/** Most tokens that a side computes in one measurement; the rest is extrapolated. */
const MOST_TOKENS = { loop: 1600, batch: 2048 } as const;

export type Side = keyof typeof MOST_TOKENS;

/** As many of the runs as are measured, evenly spread. */
export function measuredRuns(side: Side, patchCase: PatchCase): Run[] {
  const runs = runsOf(patchCase);
  const longest = Math.max(...patchCase.prompts.map((tokens) => tokens.length));
  const most = Math.max(Math.floor(MOST_TOKENS[side] / longest), 1);
  const count = Math.min(most, runs.length);
  return Array.from({ length: count }, (_, i) => runs[Math.floor((i * runs.length) / count)]);
}

/**
 * The plan's loop: for every run the prompt as it is, then the prompt patched by a hook, both up to
 * the logits, one at a time.
 */
export function plansLoop(patchCase: PatchCase, runs: readonly Run[]): Timed {
  const { model, layer, prompts, edits } = patchCase;
  const features = featuresHook(patchCase);
  const namesFilter = [["post", layer] as const, features];
  const started = performance.now();
  const predictions = runs.map(({ prompt, edit }) => {
    const tokens = prompts[prompt];
    const [cleanLogits, clean] = model.runWithCache(tokens, { namesFilter });
    predictAt(patchCase, clean.get(features), [tokens.length - 1]);
    tf.dispose(cleanLogits);
    clean.dispose();
    const hook = scaleAtLast([tokens.length - 1], [edits[edit]]);
    const [logits, patched] = model.runWithCache(tokens, {
      namesFilter,
      fwdHooks: [[["post", layer], hook]],
    });
    const [prediction] = predictAt(patchCase, patched.get(features), [tokens.length - 1]);
    tf.dispose(logits);
    patched.dispose();
    return prediction;
  });
  return timed(started, runs, predictions);
}

/**
 * One batch with a row for every run, up to the features' layer and without logits. Prompts are
 * filled up on the right, where causal attention never looks, so that it needs no mask.
 */
export function paddedBatch(patchCase: PatchCase, runs: readonly Run[]): Timed {
  const { model, layer, edits } = patchCase;
  const started = performance.now();
  const { rows, last } = paddedRows(patchCase, runs);
  const hook = scaleAtLast(
    last,
    runs.map(({ edit }) => edits[edit]),
  );
  const features = model.runWithHooks(rows, {
    stopAtLayer: model.cfg.n_layers,
    fwdHooks: [[["post", layer], hook]],
  });
  const predictions = predictAt(patchCase, features, last);
  features.dispose();
  return timed(started, runs, predictions);
}

function timed(started: number, runs: readonly Run[], predictions: readonly number[]): Timed {
  return {
    seconds: (performance.now() - started) / 1000,
    predictions: new Map(runs.map(({ number }, i) => [number, predictions[i]])),
  };
}

/** Each run's prompt, filled up to the longest, and where its own last token is. */
export function paddedRows({ prompts }: PatchCase, runs: readonly Run[]) {
  const ofRuns = runs.map(({ prompt }) => prompts[prompt]);
  const length = Math.max(...ofRuns.map((tokens) => tokens.length));
  return {
    rows: ofRuns.map((tokens) => [...tokens, ...Array<number>(length - tokens.length).fill(0)]),
    last: ofRuns.map((tokens) => tokens.length - 1),
  };
}

/** Multiplies one number of each row, at that position. */
function scaleAtLast(
  last: readonly number[],
  edits: readonly { readonly neuron: number; readonly factor: number }[],
): HookFunction {
  return (value) =>
    tf.tidy(() => {
      const places = tf.tensor2d(
        last.map((position, row) => [row, position, edits[row].neuron]),
        [last.length, 3],
        "int32",
      );
      const factors = tf.tensor1d(edits.map(({ factor }) => factor));
      const scaled = tf.mul(tf.gatherND(value, places), factors);
      return tf.tensorScatterUpdate(value, places, scaled);
    });
}

/** Predictions from the features `[row, pos, d_model]` at each row's position. */
function predictAt(
  patchCase: PatchCase,
  features: tf.Tensor,
  positions: readonly number[],
): number[] {
  const places = tf.tensor2d(
    positions.map((position, row) => [row, position]),
    [positions.length, 2],
    "int32",
  );
  const atPosition = tf.gatherND(features, places) as tf.Tensor2D;
  const predictions = predict(patchCase, atPosition);
  tf.dispose([places, atPosition]);
  return predictions;
}
