import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { type MeasuredPrompts, measurePrompts, type PromptInput } from "../heads/measured-prompts";
import type { ModelConfig } from "../model/config";
import type { HookPointName } from "../model/hook-names";
import { filterHookPoints, type NamesFilter } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { softCap } from "../model/soft-cap";
import type { TokenOptions } from "../model/token-batch";

/** One run: which prompt, and which variant; null is the unpatched run. */
export interface PatchedRow {
  readonly prompt: number;
  readonly variant: number | null;
}

/** What is read from each patched run. */
export interface Readout<R> {
  /** Long names of the activations that it reads. */
  readonly hooks: readonly HookPointName[];
  /** Read at each prompt's last position, or at all. */
  readonly pos: "last" | "all";
  /** Needs all prompts of a variant at once; they must be equally long then. */
  readonly jointly?: boolean;
  /**
   * One reading a row.
   *
   * @param activations by long name, `[row, size]` or `[row, pos, size]`; scores and patterns have
   *   n_heads · keys numbers a query
   * @param cfg of the model that was run
   */
  read(
    activations: ReadonlyMap<HookPointName, tf.Tensor>,
    rows: readonly PatchedRow[],
    cfg: ModelConfig,
  ): R[];
}

/**
 * What can be read from a run: activations by name at the last token, a head's prediction, those of
 * several heads, or whatever a {@link Readout} makes of activations.
 */
export type ReadoutInput<R> =
  | NonNullable<NamesFilter>
  | BoundHead
  | readonly BoundHead[]
  | Readout<R>;

/** Whether it is a head whose prediction is read. */
function isHead(read: unknown): read is BoundHead {
  return typeof read === "object" && read !== null && "predict" in read;
}

function areHeads(read: unknown): read is readonly BoundHead[] {
  return Array.isArray(read) && read.length > 0 && read.every(isHead);
}

/**
 * The prompts, up to the token that is measured for what is read: that of a head, or else their last.
 *
 * @throws InputError as `measurePrompts`, or if several heads measure other tokens of a prompt.
 */
export function measuredFor(
  read: unknown,
  model: HookedTransformer,
  prompts: PromptInput,
  options: TokenOptions,
): MeasuredPrompts {
  const heads = areHeads(read) ? read : isHead(read) ? [read] : [];
  const [position, ...others] = heads.map((head) => head.position);
  const measured = measurePrompts({ model, position }, prompts, options);
  for (const other of others) measured.requireFor({ model, position: other });
  return measured;
}

/**
 * What is read, as a {@link Readout}.
 *
 * @throws InputError if an activation is none of the model's, or the head reads another model.
 */
export function readoutOf(read: ReadoutInput<unknown>, model: HookedTransformer): Readout<unknown> {
  if (typeof read === "object" && "read" in read && "hooks" in read) return read;
  if (!isHead(read) && !areHeads(read)) return activationReadout(read, model.cfg);
  const heads = isHead(read) ? [read] : read;
  if (heads.some((head) => head.model !== model)) {
    throw new InputError("the head reads another model than the one that is patched");
  }
  return isHead(read)
    ? predictionReadout(read)
    : combinedReadout(heads.map((head) => predictionReadout(head)));
}

/** Activations by long name, at the last position `[size]` or at all `[pos · size]`. */
export type ActivationReading = Readonly<Record<string, Float32Array>>;

/** Reads activations as they are. */
export function activationReadout(
  names: NonNullable<NamesFilter>,
  cfg: ModelConfig,
  pos: "last" | "all" = "last",
): Readout<ActivationReading> {
  const hooks = filterHookPoints(names, cfg, () => false).map(({ name }) => name);
  return {
    hooks,
    pos,
    read(activations, rows) {
      const byHook = hooks.map((hook) => {
        const data = activations.get(hook)!.dataSync() as Float32Array;
        return { hook, data, size: data.length / rows.length };
      });
      return rows.map((_, row) =>
        Object.fromEntries(
          byHook.map(({ hook, data, size }) => [hook, data.slice(row * size, (row + 1) * size)]),
        ),
      );
    },
  };
}

/**
 * Reads a head's prediction at the last position.
 *
 * @param nameOf what an error calls a variant
 */
export function predictionReadout(
  head: BoundHead,
  nameOf: (variant: number) => string = variantName,
): Readout<number> {
  return {
    hooks: head.reads,
    pos: "last",
    read(activations, rows) {
      const predictions = head.predict(activations as ReadonlyMap<HookPointName, tf.Tensor2D>);
      predictions.forEach((prediction, row) => {
        const { prompt, variant } = rows[row];
        requireFinite(prediction, prompt, runName(variant, nameOf), "prediction");
      });
      return predictions;
    },
  };
}

/** A head's prediction, and of an unpatched run how far rounding alone may move it. */
export interface RoundedPrediction {
  readonly prediction: number;
  /** 0 where only patched runs are read together. */
  readonly rounding: number;
}

/** Reads a head's prediction as `predictionReadout` does, with its rounding. */
export function roundedPredictionReadout(
  head: BoundHead,
  nameOf?: (variant: number) => string,
): Readout<RoundedPrediction> {
  const readout = predictionReadout(head, nameOf);
  return {
    ...readout,
    read(activations, rows, cfg) {
      const predictions = readout.read(activations, rows, cfg);
      const isClean = rows.some(({ variant }) => variant === null);
      const rounding = isClean
        ? head.rounding(activations as ReadonlyMap<HookPointName, tf.Tensor2D>)
        : predictions.map(() => 0);
      return predictions.map((prediction, i) => ({ prediction, rounding: rounding[i] }));
    },
  };
}

/**
 * Several readings of the same runs, in the order of their readouts: as many heads as there are cost
 * one set of patched runs.
 *
 * @throws InputError if there is none, or some read at the last position and some at all.
 * @example
 * const base = await openBase("tiny-gpt2");
 * const first = await openHead("models/neuron_l2_n52_20261122_120000", { base });
 * const second = await openHead("models/neuron_l2_n94_20261122_120200", { base });
 * const { patched } = await patch(base, ["Once upon a time"], [{ hook: ["post", 2], patch: ["zero"] }], {
 *   read: combinedReadout([predictionReadout(first), predictionReadout(second)]), // or [first, second]
 * });
 * console.log(patched[0][0]); // the predictions of both
 * base.dispose();
 */
export function combinedReadout<R>(readouts: readonly Readout<R>[]): Readout<R[]> {
  const positions = new Set(readouts.map(({ pos }) => pos));
  if (positions.size !== 1) {
    throw new InputError("these readouts cannot be read together", {
      found: readouts.length === 0 ? "none" : `positions ${[...positions].join(" and ")}`,
      expected: "readouts that read at the same positions",
    });
  }
  return {
    hooks: [...new Set(readouts.flatMap(({ hooks }) => hooks))],
    pos: readouts[0].pos,
    jointly: readouts.some(({ jointly }) => jointly),
    read(activations, rows, cfg) {
      const all = readouts.map((readout) => readout.read(activations, rows, cfg));
      return rows.map((_, row) => all.map((readings) => readings[row]));
    },
  };
}

const LOGITS = "unembed.hook_out";

/**
 * A number made of the logits of all prompts together, as TransformerLens's `patching_metric`.
 *
 * @param logits `[batch, pos, d_vocab]`, with only the last position unless all are asked for
 */
export type LogitMetric = (logits: tf.Tensor3D) => tf.Tensor | number;

/** Reads a metric on the logits; a variant's rows all carry the same number. */
export function metricReadout(
  metric: LogitMetric,
  prompts: number,
  pos: "last" | "all" = "last",
): Readout<number> {
  return {
    hooks: [LOGITS],
    pos,
    jointly: true,
    read(activations, rows, cfg) {
      const all = activations.get(LOGITS)!;
      const perPrompt = rows.length / prompts;
      const size = all.shape[all.rank - 1]!;
      const byPrompt = tf.tidy(() => {
        const logits = softCap(all, cfg.output_logits_soft_cap);
        return tf.reshape(logits, [prompts, perPrompt, all.size / (rows.length * size), size]);
      });
      const values = Array.from({ length: perPrompt }, (_, i) =>
        tf.tidy(() => {
          const ofVariant = tf.squeeze(tf.slice(byPrompt, [0, i, 0, 0], [-1, 1, -1, -1]), [1]);
          return metricNumber(metric(ofVariant as tf.Tensor3D));
        }),
      );
      byPrompt.dispose();
      values.forEach((value, i) => {
        const { prompt, variant } = rows[i];
        requireFinite(value, prompt, runName(variant, variantName), "metric");
      });
      return rows.map((_, row) => values[row % perPrompt]);
    },
  };
}

function metricNumber(value: tf.Tensor | number): number {
  if (typeof value === "number") return value;
  if (value instanceof tf.Tensor && value.size === 1) return value.dataSync()[0];
  throw new InputError("the metric is not one number", {
    found: value instanceof tf.Tensor ? `[${value.shape.join(", ")}]` : typeof value,
    expected: "a number or a scalar tensor for all prompts together",
  });
}

/** @throws InputError if a run left float32's range, as one does whose layer norm's divisor is set to 0. */
function requireFinite(value: number, prompt: number, run: string, what: string): void {
  if (Number.isFinite(value)) return;
  throw new InputError(`${run} gives no number on prompt ${prompt}`, {
    found: `${what} ${value}`,
    expected: "a finite number",
    remedy: "Use values that keep the model in float32's range, and no 0 for a hook_scale.",
  });
}

function variantName(variant: number): string {
  return `variant ${variant}`;
}

function runName(variant: number | null, nameOf: (variant: number) => string): string {
  return variant === null ? "the unpatched run" : nameOf(variant);
}
