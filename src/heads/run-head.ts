import * as tf from "@tensorflow/tfjs-core";
import { InputError, InterruptedError } from "../errors";
import type { HookPointName } from "../model/hook-names";
import { hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { batchesByLength, filledUpAtTheEnd, TOKENS_PER_BATCH } from "../model/length-batches";
import { interruptible } from "../progress/interrupt";
import { type Progress, silentProgress } from "../progress/progress";
import type { HeadFiles } from "./load-head";
import { type MeasureOptions, measurePrompts, type PromptInput } from "./measured-prompts";
import { predictsActivation } from "./prediction";

/** Numbers of the logits that are held at a time: a token head reads them at every position. */
const MOST_LOGITS = 2 ** 26;

/** What of a head it takes to run it at every position. */
export interface EveryPositionReader {
  readonly files: Pick<HeadFiles, "config">;
  readonly model: HookedTransformer;
  readonly hook: HookPointName;
  readonly index: number;
  readonly reads: readonly HookPointName[];
  position(promptLength: number): number;
  predict(activations: ReadonlyMap<HookPointName, tf.Tensor2D>): number[];
}

/** A head on one text, at every position. */
export interface HeadRun {
  /** null where token ids were given and there is no tokenizer. */
  readonly text: string | null;
  /** `[pos]` token ids. */
  readonly tokens: number[];
  /** `[pos]` the text of each token; its id where there is no tokenizer. */
  readonly strTokens: string[];
  /** `[pos]` the target's activation. */
  readonly activation: number[];
  /** `[pos]` the prediction from the features at that position. */
  readonly prediction: number[];
  /** The position that the head's configuration (`token_pos`) measures in a prompt of this length. */
  readonly position: number;
  /**
   * Whether predictions are in the activation's units: not the class's number of a classification head
   * without bins, nor a token head's digit.
   */
  readonly sameUnit: boolean;
}

export interface RunHeadOptions extends MeasureOptions {
  /** Told how many texts are done. */
  readonly progress?: Progress;
  /** Ends the work between two batches, by an InterruptedError. */
  readonly signal?: AbortSignal;
}

/** Activation and prediction at each position of one text. */
export interface PositionValues {
  readonly activation: Float32Array;
  readonly prediction: number[];
}

/** {@link EveryPositionReader} on texts, as `head.run` says. */
export function runHead(
  head: EveryPositionReader,
  texts: PromptInput,
  { progress, signal, prependBos, truncate, ...unknown }: RunHeadOptions = {},
): Promise<HeadRun[]> {
  const { model } = head;
  return interruptible(async () => {
    const [other] = Object.keys(unknown);
    if (other !== undefined) {
      throw new InputError("head.run has no such option", {
        found: other,
        expected: "prependBos, truncate, progress, signal",
      });
    }
    const prompts = measurePrompts({ model }, texts, { prependBos, truncate });
    const runs: HeadRun[] = [];
    const recorded = prompts.recorded();
    const sameUnit = predictsActivation(head.files.config);
    await eachText(head, prompts.tokens, { progress, signal }, (i, { activation, prediction }) => {
      const { text, tokens } = recorded[i];
      const strTokens = model.toStrTokens(tokens);
      const position = head.position(tokens.length);
      runs[i] = {
        ...{ text, tokens, strTokens, activation: Array.from(activation), prediction },
        ...{ position, sameUnit },
      };
    });
    return runs;
  }, signal);
}

/**
 * The values at every position of each text, batch by batch.
 *
 * @param take is given each text's, by its index, in the order in which they are run
 * @throws InputError if a position gives NaN or infinity.
 * @throws InterruptedError if it was stopped.
 */
export async function eachText(
  head: EveryPositionReader,
  texts: readonly (readonly number[])[],
  { progress = silentProgress, signal }: Pick<RunHeadOptions, "progress" | "signal">,
  take: (text: number, values: PositionValues) => void,
): Promise<void> {
  let done = 0;
  for (const batch of batchesByLength(texts, tokensPerBatch(head))) {
    if (signal?.aborted) throw new InterruptedError("stopped before it was done");
    const values = batchValues(
      head,
      batch.map((text) => texts[text]),
    );
    values.forEach((ofText, i) => {
      requireFinite(head, ofText, batch[i]);
      take(batch[i], ofText);
    });
    done += batch.length;
    progress.update(done);
    await progress.breathe();
  }
}

/** The last block that has to be run, or beyond it the logits. */
function lastLayer({ hook, reads, model: { cfg } }: EveryPositionReader): number {
  return Math.max(...[hook, ...reads].map((name) => hookPoint(name, cfg).layer()));
}

function tokensPerBatch(head: EveryPositionReader): number {
  const { n_layers, d_vocab } = head.model.cfg;
  if (lastLayer(head) < n_layers) return TOKENS_PER_BATCH;
  return Math.max(Math.min(TOKENS_PER_BATCH, Math.floor(MOST_LOGITS / d_vocab)), 1);
}

function batchValues(
  head: EveryPositionReader,
  texts: readonly (readonly number[])[],
): PositionValues[] {
  const { model, hook, index, reads } = head;
  const padded = filledUpAtTheEnd(texts);
  const [{ length }, last] = [padded[0], lastLayer(head)];
  const rows = texts.flatMap((ids, row) => ids.map((_, position) => row * length + position));
  const [end, cache] = model.runWithCache<"logits" | null>(padded, {
    namesFilter: [hook, ...reads],
    ...(last < model.cfg.n_layers ? { stopAtLayer: last + 1 } : { returnType: null }),
  });
  end?.dispose();
  try {
    return tf.tidy(() => {
      const chosen = tf.tensor1d(rows, "int32");
      const atRows = (name: HookPointName) => {
        const activation = cache.get(name);
        const positions = texts.length * length;
        const flat = tf.reshape(activation, [positions, activation.size / positions]);
        return tf.gather(flat, chosen) as tf.Tensor2D;
      };
      const target = tf.slice2d(atRows(hook), [0, index], [-1, 1]).dataSync() as Float32Array;
      const prediction = head.predict(new Map(reads.map((name) => [name, atRows(name)])));
      let from = 0;
      return texts.map((ids) => {
        const [start, to] = [from, from + ids.length];
        from = to;
        return { activation: target.slice(start, to), prediction: prediction.slice(start, to) };
      });
    });
  } finally {
    cache.dispose();
  }
}

function requireFinite(
  { hook }: EveryPositionReader,
  { activation, prediction }: PositionValues,
  text: number,
): void {
  for (const [what, values] of [
    [hook, activation],
    ["the prediction", prediction],
  ] as const) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at === -1) continue;
    throw new InputError(`${what} is no number on prompt ${text}, position ${at}`, {
      found: String(values[at]),
      expected: "a finite number",
    });
  }
}
