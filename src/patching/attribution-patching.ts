import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { digitLogits } from "../heads/digit-logits";
import { softmaxSlopes } from "../heads/feature-gradient";
import { headFunction } from "../heads/head-function";
import type { PromptInput } from "../heads/measured-prompts";
import { digitScale } from "../heads/prediction";
import type { ModelConfig } from "../model/config";
import type { HookName, HookPointName } from "../model/hook-names";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { disposeKeysValues } from "../model/key-value-cache";
import { softCap } from "../model/soft-cap";
import type { TokenOptions } from "../model/token-batch";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import { fromByPosition } from "./activation-layout";
import { type CleanRun, cleanRun, cleanValues } from "./clean-run";
import { DEFAULT_SWEEP_PATCH, type NeuronSweep, neuronsOf } from "./neuron-sweep";
import { changed, newValues } from "./new-values";
import { resolveVariant, type VectorPatch } from "./place";
import { measuredFor } from "./readout";
import { type ActivationEdit, neededActivations, pastOf, runSuffix } from "./suffix-run";

/** A number that has a gradient, made of the last token's logits `[batch, 1, d_vocab]` of all prompts. */
export type DifferentiableMetric = (logits: tf.Tensor3D) => tf.Tensor;

export interface AttributionPatchingOptions extends TokenOptions {
  /** A head's prediction, or a differentiable metric on the logits. */
  readonly read: BoundHead | DifferentiableMetric;
  /** Activations whose every number at the last token is attributed; the head's own if not given. */
  readonly hooks?: readonly HookName[];
  /** What the exact experiment would do to each number; zero-ablation if not given. */
  readonly patch?: VectorPatch;
}

/** One activation's neurons. */
export interface AttributedHook {
  /** Its long name. */
  readonly hook: HookPointName;
  /** `[neuron][prompt]` estimated change of the reading. */
  readonly changes: readonly (readonly number[])[];
}

export interface AttributionPatching {
  /** Token ids of each prompt that were run. */
  readonly tokens: readonly (readonly number[])[];
  /** What `neuronSweep` measures, estimated. */
  readonly attributed: readonly AttributedHook[];
}

/**
 * Estimates what patching every neuron would change, from one backward pass: the reading's gradient
 * times the neuron's change.
 *
 * It is exact where the model is linear between patch and reading, and off where a layer norm or an
 * activation function bends: compare it with `neuronSweep` before trusting it (`sweepCorrelation`).
 * Reference: Nanda 2023, "Attribution Patching"; Kramár et al. 2024 (arXiv:2403.00745).
 *
 * @throws InputError if an activation has no neurons at a position, the head has no gradient, or a
 *   prompt cannot be run.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const { attributed } = await attributionPatching(head.model, "Once upon a time", {
 *   read: head,
 *   hooks: everyLayer("post", head.model),
 * });
 * console.log(attributed[1].hook, attributed[1].changes[7]);
 */
export async function attributionPatching(
  model: HookedTransformer,
  prompts: PromptInput,
  { read, hooks, patch: edit = DEFAULT_SWEEP_PATCH, prependBos }: AttributionPatchingOptions,
): Promise<AttributionPatching> {
  const { cfg } = model;
  const { tokens } = measuredFor(read, model, prompts, { prependBos });
  const own = typeof read === "function" ? [] : [read.hook];
  const points = (hooks ?? own).map((name) => hookPoint(name, cfg));
  if (points.length === 0) {
    throw new InputError("there is no activation to attribute to", {
      expected: `hooks: [["post", 2]]`,
    });
  }
  const sizes = points.map(({ name }) => neuronsOf(name, model));
  const reading = readingOf(read, cfg, Math.max(...points.map((point) => point.order)));
  const before = points.filter((point) => point.order <= reading.hook.order);
  const start = Math.min(...[...before, reading.hook].map((point) => point.start));
  const numbers = tokens.map((_, number) => number);
  const clean = cleanRun(model, tokens, numbers, [
    ...new Set([...points, ...reading.captured, ...neededActivations(start, [reading.hook], cfg)]),
  ]);
  try {
    const gradients = gradientsAt(model, clean, before, start, reading);
    const values = cleanValues(tokens, [clean]);
    const attributed = points.map((point, i) => ({
      hook: point.name,
      changes: Array.from({ length: sizes[i] }, (_, index) => {
        const [resolved] = resolveVariant({ hook: point.name, index, patch: edit }, model, index);
        const span = { start: index, length: 1 };
        return tokens.map((ids, prompt) => {
          const last = ids.length - 1;
          const was = clean.valuesAt(point, prompt, last)[index];
          const is = changed(newValues(resolved, prompt, last, span, values), 0, was);
          // What comes after the reading changes nothing of it.
          return (gradients.get(point)?.[prompt * sizes[i] + index] ?? 0) * (is - was);
        });
      }),
    }));
    return { tokens, attributed };
  } finally {
    clean.dispose();
  }
}

/** What is read, and how a scalar with its gradient is made of it. */
interface ScalarReadout {
  readonly hook: HookPoint;
  /** What is needed of the clean run for it. */
  readonly captured: readonly HookPoint[];
  scalar(activation: tf.Tensor2D, clean: CleanRun): tf.Scalar;
}

/** @param last the last activation that is attributed to, by its order */
function readingOf(
  read: BoundHead | DifferentiableMetric,
  cfg: ModelConfig,
  last: number,
): ScalarReadout {
  if (typeof read === "function") {
    return {
      hook: hookPoint("unembed.hook_out", cfg),
      captured: [],
      scalar(unembedded) {
        const logits = softCap(unembedded, cfg.output_logits_soft_cap);
        return read(tf.expandDims(logits, 1) as tf.Tensor3D) as tf.Scalar;
      },
    };
  }
  const { features, gradient, whyNoGradient } = headFunction(read);
  const hook = hookPoint(features, cfg);
  if (!gradient)
    throw new InputError("the head's prediction has no gradient", { found: whyNoGradient! });
  if (read.digitTokens && last > hook.order) return digitsReading(read, hook, cfg);
  return {
    hook,
    captured: [hook],
    // The head's own gradient is known in closed form: only the model is differentiated.
    scalar(activation, clean) {
      const rows = clean.tokens.map((ids, place) =>
        gradient(clean.valuesAt(hook, place, ids.length - 1)),
      );
      return tf.sum(tf.mul(activation, tf.tensor2d(rows))) as tf.Scalar;
    },
  };
}

/** A token head's prediction as it follows from the unembedding, for what comes after the last block. */
function digitsReading(head: BoundHead, features: HookPoint, cfg: ModelConfig): ScalarReadout {
  const { config } = head.files;
  const digits = [...head.digitTokens!];
  const { logits } = digitLogits(head);
  return {
    hook: hookPoint("unembed.hook_out", cfg),
    captured: [features],
    scalar(unembedded, clean) {
      const slopes = clean.tokens.map((ids, place) =>
        softmaxSlopes(logits(clean.valuesAt(features, place, ids.length - 1)), [
          ...digits.keys(),
        ]).map((slope) => slope * digitScale(config)),
      );
      const columns = tf.gather(unembedded, tf.tensor1d(digits, "int32"), 1);
      const capped = softCap(columns, cfg.output_logits_soft_cap);
      return tf.sum(tf.mul(capped, tf.tensor2d(slopes))) as tf.Scalar;
    },
  };
}

/** The reading's gradient with respect to each activation at the last token, `[prompt · size]`. */
export function gradientsAt(
  model: HookedTransformer,
  clean: CleanRun,
  hooks: readonly HookPoint[],
  start: number,
  reading: ScalarReadout,
): ReadonlyMap<HookPoint, Float32Array> {
  if (hooks.length === 0) return new Map();
  const first = clean.tokens.map((ids) => ids.length - 1);
  const rows = { clean, prompts: clean.tokens.map((_, i) => i), first, length: 1, variants: 1 };
  const plan = { start, reads: [reading.hook], pos: "last" as const, editsUnembedding: false };
  const past = pastOf(model, rows, plan);
  const kept: tf.Tensor[] = [];
  try {
    return tf.tidy(() => {
      const zeros = hooks.map((hook) => tf.zeros([first.length, 1, neuronsOf(hook.name, model)]));
      const scalarOf = (...deltas: tf.Tensor[]) => {
        const byHook = new Map(hooks.map((hook, i) => [hook, adding(hook, deltas[i])]));
        const read = runSuffix(model, rows, plan, { byHook, writes: null }, past);
        kept.push(...read.values());
        return reading.scalar(read.get(reading.hook) as tf.Tensor2D, clean);
      };
      const gradients = tf.grads(scalarOf)(zeros);
      return new Map(
        hooks.map((hook, i) => [hook, gradients[i].dataSync() as Float32Array]),
      ) as never;
    });
  } finally {
    tf.dispose(kept);
    disposeKeysValues([...past.values()]);
  }
}

function adding(hook: HookPoint, delta: tf.Tensor): ActivationEdit {
  return {
    apply: (activation) =>
      tf.add(activation, fromByPosition(hook, delta as tf.Tensor3D, activation)),
  };
}

/**
 * Pearson's correlation of estimated and exact changes over all neurons and prompts, by activation;
 * null where one of them is constant or the sweep was stopped.
 */
export function sweepCorrelation(
  { attributed }: AttributionPatching,
  { swept }: NeuronSweep,
): (number | null)[] {
  return attributed.map(({ hook, changes }) => {
    const exact = swept.find((other) => other.hook === hook)?.changes;
    if (!exact || exact.includes(null)) return null;
    return pearsonCorrelation(changes.flat(), (exact as readonly number[][]).flat());
  });
}
