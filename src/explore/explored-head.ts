import * as tf from "@tensorflow/tfjs-core";
import { describeHead, describeModel } from "../analysis/describe";
import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { type HeadFunction, headFunction } from "../heads/head-function";
import { binCentres } from "../heads/prediction";
import { leadsTo } from "../model/hook-flow";
import { hookPoint } from "../model/hook-points";
import { tokenBatch } from "../model/token-batch";
import { doseResponse } from "../patching/dose-response";
import { patch } from "../patching/patch";
import type { Variant } from "../patching/place";
import { type PrefixRuns, prefixRuns } from "../patching/prefix-runs";
import { activationReadout, predictionReadout, type Readout } from "../patching/readout";
import { cellText } from "../text/cell";
import type {
  Asking,
  DoseCurve,
  DoseRequest,
  NeuronEffect,
  OpenedHead,
  PatchedPlace,
  PatchRequest,
  PromptRun,
  SweepPart,
  SweepRequest,
} from "./explorer";
import { type KeptPrompt, KeptPrompts } from "./kept-prompts";
import { type ChangingPart, changingParts, partChange } from "./part-changes";
import { tokenTexts } from "./token-texts";

/** Prompts whose unpatched runs are kept, for each head: two tabs, each with the one before. */
const MOST_PROMPTS = 4;

/** Neurons that are patched between two parts of a sweep. */
const SWEPT_AT_ONCE = 128;

/** How many neurons a sweep tells of. */
const MOST_SHOWN = 24;

/** Memory for patched runs at one time, in bytes: small batches, so that a drag finds its turn between two. */
const MAX_BYTES = 2 ** 25;

/** What is read of a run at one position. */
interface Reading {
  readonly prediction: number;
  /** By long name, `[size]`. */
  readonly activations: Readonly<Record<string, Float32Array>>;
}

/** The same without a patch, with the prediction's gradient by the features, `[d_model]`. */
interface Unpatched {
  readonly reading: Reading;
  readonly gradient: readonly number[] | null;
}

/** Answers what can be asked of one head, on the tensor engine that is in use; reads no file. */
export class ExploredHead {
  private readonly prompts = new KeptPrompts(MOST_PROMPTS, (text) => this.runs(text));
  private readonly readings = new WeakMap<KeptPrompt, Map<number, Unpatched>>();
  private readonly function: HeadFunction;
  private readonly parts: readonly ChangingPart[];

  constructor(private readonly head: BoundHead) {
    this.function = headFunction(head);
    const { model, hook } = head;
    const features = hookPoint(this.function.features, model.cfg);
    this.parts = changingParts(hookPoint(hook, model.cfg), features, model);
  }

  describe(): Omit<OpenedHead, "id" | "name"> {
    const { head } = this;
    const { model, files, hook, index, reads } = head;
    const { cfg } = model;
    const facts = [...describeHead(files), ...describeModel(head)];
    const { whyNoGradient } = this.function;
    return {
      ...{ hook, index, layer: files.config.targetLayer, reads: reads.join(", ") },
      headType: files.config.headType,
      sharedScale: files.config.headType !== "classification" || binCentres(files.config) !== null,
      baseModel: model.name,
      context: cfg.n_ctx,
      readsText: model.promptEncoder !== null,
      ...{ neuronsPerLayer: cfg.d_mlp, layers: cfg.n_layers },
      facts: facts.map(({ name, value }) => ({ name, value: cellText(value) })),
      warnings: [
        ...files.warnings,
        ...model.warnings,
        ...(whyNoGradient === null ? [] : [`no contributions are shown: ${whyNoGradient}`]),
        ...(head.targetCanMatter
          ? []
          : [`${hook} is computed after ${reads.join(", ")}: patching it can change nothing`]),
      ],
    };
  }

  run(text: string): Promise<PromptRun> {
    return this.prompts.lent(text, (prompt) => this.everyToken(prompt));
  }

  private everyToken({ tokens, runs }: KeptPrompt): PromptRun {
    const { head } = this;
    const activations = column(this.activation(runs, head.hook), head.index);
    const predictions = this.function.predict(
      rowsOf(this.activation(runs, this.function.features)),
    );
    const texts = tokenTexts(tokens, head.model.tokenizer);
    const numbers = { activation: activations, prediction: predictions };
    for (const [what, values] of Object.entries(numbers)) {
      const at = values.findIndex((value) => !Number.isFinite(value));
      if (at === -1) continue;
      throw new InputError(`the ${what} at token ${at} is no number`, {
        found: String(values[at]),
        expected: "a finite number",
      });
    }
    return {
      tokens: tokens.map((id, i) => ({
        ...{ id, text: texts[i] },
        ...{ activation: activations[i], prediction: predictions[i] },
      })),
      measured: head.position(tokens.length),
    };
  }

  patch(
    { text, position, kind, value }: PatchRequest,
    { signal }: Asking = {},
  ): Promise<PatchedPlace> {
    const { head, parts } = this;
    return this.prompts.lent(text, async (kept) => {
      const { prompt, clean } = beginning(kept, position);
      const target = { hook: head.hook, index: head.index };
      const options = { read: this.readout(), clean, maxBytes: MAX_BYTES };
      const { reading: unpatched, gradient } = await this.unpatched(kept, position, async () => {
        const nothing = { ...target, patch: ["scale", 1] as const };
        return (await patch(head.model, [prompt], [nothing], options)).clean[0];
      });
      const variant = { ...target, patch: [kind, value] as const };
      const result = await patch(head.model, [prompt], [variant], {
        ...options,
        unpatched: [unpatched],
      });
      signal?.throwIfAborted();
      const [[patched]] = result.patched;
      const changes = parts.map((part) => {
        const [before, after] = [unpatched, patched!].map((run) => run.activations[part.hook.name]);
        return partChange(part, { clean: before, patched: after }, gradient);
      });
      const prediction = { clean: unpatched.prediction, patched: patched!.prediction };
      const explained = changes.reduce((sum, { contribution }) => sum + (contribution ?? 0), 0);
      return {
        position,
        activation: result.activation[0][0]!,
        prediction,
        parts: changes,
        remainder: gradient && prediction.patched - prediction.clean - explained,
      };
    });
  }

  doseResponse(
    { text, position, values }: DoseRequest,
    { signal }: Asking = {},
  ): Promise<DoseCurve> {
    return this.prompts.lent(text, async (kept) => {
      const { prompt, clean } = beginning(kept, position);
      // Read up to that token, it is the last.
      const head = { ...this.head, position: (length: number) => length - 1 };
      const found = await doseResponse(head, [prompt], values, { clean });
      signal?.throwIfAborted();
      const [response] = found.texts;
      return { values: found.values, predictions: response.prediction, ...response.clean };
    });
  }

  async *neuronsThatMatter(
    { text, position, layers }: SweepRequest,
    { signal }: Asking = {},
  ): AsyncGenerator<SweepPart> {
    const { head } = this;
    const places = this.sweptLayers(layers).flatMap((layer) =>
      Array.from({ length: head.model.cfg.d_mlp }, (_, index) => ({ layer, index })),
    );
    if (places.length === 0) {
      throw new InputError("no MLP comes before what this head reads", {
        found: head.reads.join(),
      });
    }
    const { prompt: kept, giveBack } = this.prompts.lend(text);
    try {
      const { prompt, clean } = beginning(kept, position);
      const options = { read: predictionReadout(head), clean, signal, maxBytes: MAX_BYTES };
      let largest: NeuronEffect[] = [];
      for (let done = 0; done < places.length; ) {
        const some = places.slice(done, done + SWEPT_AT_ONCE);
        const variants = some.map(
          ({ layer, index }): Variant => ({ hook: ["post", layer], index, patch: ["zero"] }),
        );
        const result = await patch(head.model, [prompt], variants, options);
        signal?.throwIfAborted();
        const [prediction] = result.clean;
        const effects = some.map((place, i) => ({
          ...place,
          change: result.patched[i][0]! - prediction,
        }));
        largest = [...largest, ...effects].sort(byEffect).slice(0, MOST_SHOWN);
        done += some.length;
        yield { done, total: places.length, prediction, neurons: largest };
      }
    } finally {
      giveBack();
    }
  }

  /** Token ids of a prompt up to a position. */
  upTo(text: string, position: number): Promise<readonly number[]> {
    return this.prompts.lent(text, (kept) => beginning(kept, position).prompt);
  }

  /** Frees the runs that are kept, not the head. */
  dispose(): void {
    this.prompts.dispose();
  }

  /** Token ids of what stands in the prompt's box: a text, or ids where there is no tokenizer. */
  tokens(text: string): number[] {
    const { cfg, promptEncoder } = this.head.model;
    const input = promptEncoder ? text : tokenIds(text);
    return tokenBatch(input, cfg, promptEncoder)[0];
  }

  /** Layers whose MLP neurons can change the prediction; the target's first. */
  private sweptLayers(which: SweepRequest["layers"]): number[] {
    const { model, reads, files } = this.head;
    const { cfg } = model;
    const all = Array.from({ length: cfg.n_layers }, (_, layer) => layer).filter((layer) =>
      reads.some((read) => leadsTo(hookPoint(["post", layer], cfg), hookPoint(read, cfg), cfg)),
    );
    const own = all.filter((layer) => layer === files.config.targetLayer);
    return which === "target" ? own : [...own, ...all.filter((layer) => !own.includes(layer))];
  }

  private runs(text: string): KeptPrompt {
    const { model, hook } = this.head;
    const tokens = this.tokens(text);
    const patched = hookPoint(hook, model.cfg);
    const features = hookPoint(this.function.features, model.cfg);
    const reads = [...this.head.reads.map((name) => hookPoint(name, model.cfg)), features];
    const runs = prefixRuns(model, tokens, { patched, reads, kept: [patched, features] });
    return { tokens, runs };
  }

  private activation(runs: PrefixRuns, name: BoundHead["hook"]): tf.Tensor2D {
    return runs.activation(hookPoint(name, this.head.model.cfg));
  }

  /** The unpatched reading at a position, made once: a run of one row takes half the time of one of two. */
  private async unpatched(
    kept: KeptPrompt,
    position: number,
    read: () => Promise<Reading>,
  ): Promise<Unpatched> {
    const ofPrompt = this.readings.get(kept) ?? new Map<number, Unpatched>();
    this.readings.set(kept, ofPrompt);
    const known = ofPrompt.get(position);
    if (known) return known;
    const reading = await read();
    const { features, gradient } = this.function;
    const found = { reading, gradient: gradient?.(reading.activations[features]) ?? null };
    ofPrompt.set(position, found);
    return found;
  }

  /** The prediction and, for what later layers do, what each part writes. */
  private readout(): Readout<Reading> {
    const { head, parts, function: of } = this;
    const prediction = predictionReadout(head);
    const names = [...new Set([...parts.map(({ hook }) => hook.name), of.features])];
    const activations = activationReadout(names, head.model.cfg);
    return {
      hooks: [...new Set([...prediction.hooks, ...activations.hooks])],
      pos: "last",
      read(values, rows, cfg) {
        const predictions = prediction.read(values, rows, cfg);
        return activations
          .read(values, rows, cfg)
          .map((reading, i) => ({ prediction: predictions[i], activations: reading }));
      },
    };
  }
}

/** The beginning of a prompt that ends at a position, with its unpatched run. */
function beginning({ tokens, runs }: KeptPrompt, position: number) {
  if (Number.isInteger(position) && position >= 0 && position < tokens.length) {
    return { prompt: runs.upTo(position), clean: runs.clean };
  }
  throw new InputError("there is no such token in the prompt", {
    found: String(position),
    expected: `0 to ${tokens.length - 1}`,
  });
}

function byEffect(a: NeuronEffect, b: NeuronEffect): number {
  return Math.abs(b.change) - Math.abs(a.change) || a.layer - b.layer || a.index - b.index;
}

/** @throws InputError if it is no list of token ids. */
function tokenIds(text: string): number[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const wrong = words.find((word) => !/^\d{1,9}$/.test(word));
  if (wrong === undefined) return words.map(Number);
  throw new InputError("this model has no tokenizer, so its prompts are token ids", {
    found: `"${wrong.slice(0, 40)}"`,
    expected: "whole numbers, such as 3 14 15",
    remedy: "Or put the model's tokenizer.json into its folder.",
  });
}

function column(activation: tf.Tensor2D, index: number): number[] {
  const values = tf.tidy(() => tf.slice(activation, [0, index], [-1, 1]).dataSync());
  activation.dispose();
  return Array.from(values);
}

function rowsOf(activation: tf.Tensor2D): Float32Array[] {
  const [rows, size] = activation.shape;
  const values = activation.dataSync() as Float32Array;
  activation.dispose();
  return Array.from({ length: rows }, (_, row) => values.subarray(row * size, (row + 1) * size));
}
