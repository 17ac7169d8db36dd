import * as tf from "@tensorflow/tfjs-core";
import type { MeasuredPrompts } from "../heads/measured-prompts";
import type { LayerKeysValues } from "../model/forward";
import type { HookName } from "../model/hook-names";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { disposeKeysValues } from "../model/key-value-cache";
import { type CleanRun, cleanTokens, DEFAULT_MAX_BYTES, promptBatches } from "./clean-run";
import type { CleanRuns } from "./clean-runs";
import { neededActivations, pastOf, runSuffix } from "./suffix-run";

/** Rows of a batch that are run for nothing, since others of it have more streams to look at. */
const IDLE_ROWS = 256;

export interface MovedStreamOptions {
  /** The number: an activation of the block, and an index in it. */
  readonly read: { readonly hook: HookName; readonly index: number };
  /** `resid_pre` of the block. */
  readonly at: HookName;
  /** Unpatched runs of the prompts. */
  readonly clean: Pick<CleanRuns, "run">;
}

/**
 * One number of a block as a function of the stream that enters it at each prompt's last token, all earlier
 * positions as they were: what `patch` gives, for who looks again and again. The earlier keys and values
 * are put together once, and nothing is run beyond the number.
 */
export interface MovedStream {
  /** Which of the prompts, by number. */
  readonly prompts: readonly number[];
  /**
   * @param streams `[place in prompts]` any number of streams `[d_model]`
   * @returns `[place in prompts]` the number for each
   */
  look(streams: readonly (readonly Float32Array[])[]): number[][];
}

/**
 * Does work with prompts whose stream can be moved, as many prompts at a time as fit the memory.
 *
 * @throws InputError if a prompt cannot be run or a hook is none of the model's.
 */
export async function withMovedStream(
  model: HookedTransformer,
  { tokens }: MeasuredPrompts,
  { read: { hook, index }, at, clean }: MovedStreamOptions,
  work: (moved: MovedStream) => Promise<void>,
): Promise<void> {
  const [read, moved] = [hookPoint(hook, model.cfg), hookPoint(at, model.cfg)];
  const hooks = [...new Set(neededActivations(moved.start, [read], model.cfg))];
  for (const batch of promptBatches(tokens, cleanTokens(DEFAULT_MAX_BYTES, model.cfg), false)) {
    const run = clean.run(model, tokens, batch, hooks);
    const stream = new BatchStream(model, run, { read, index, moved });
    try {
      await work(stream);
    } finally {
      stream.dispose();
      run.dispose();
    }
  }
}

class BatchStream implements MovedStream {
  readonly prompts: readonly number[];
  /** Of all prompts of the batch. */
  private readonly past: ReadonlyMap<number, LayerKeysValues>;
  private readonly first: readonly number[];

  constructor(
    private readonly model: HookedTransformer,
    private readonly clean: CleanRun,
    private readonly what: {
      readonly read: HookPoint;
      readonly index: number;
      readonly moved: HookPoint;
    },
  ) {
    this.prompts = clean.numbers;
    this.first = clean.tokens.map((ids) => ids.length - 1);
    const all = { clean, prompts: [...clean.numbers.keys()], first: this.first };
    this.past = pastOf(model, all, { start: what.moved.start, reads: [what.read] });
  }

  dispose(): void {
    disposeKeysValues([...this.past.values()]);
  }

  look(streams: readonly (readonly Float32Array[])[]): number[][] {
    const numbers = streams.map((): number[] => []);
    for (const places of alike(streams)) {
      const past = this.pastOnly(places);
      try {
        const most = Math.max(Math.floor(this.model.engine.rowsPerBatch / places.length), 1);
        const longest = Math.max(...places.map((place) => streams[place].length));
        for (let from = 0; from < longest; from += most) {
          const some = places.map((place) => streams[place].slice(from, from + most));
          const seen = this.run(places, some, past);
          for (const [i, place] of places.entries()) numbers[place].push(...seen[i]);
        }
      } finally {
        if (past !== this.past) disposeKeysValues([...past.values()]);
      }
    }
    return numbers;
  }

  private pastOnly(places: readonly number[]): ReadonlyMap<number, LayerKeysValues> {
    if (places.length === this.prompts.length) return this.past;
    const longest = Math.max(...places.map((place) => this.first[place]));
    const only = (all: tf.Tensor4D) =>
      tf.tidy(() => {
        const shorter = tf.slice4d(all, [0, 0, 0, 0], [-1, -1, longest, -1]);
        return tf.gather(shorter, tf.tensor1d([...places], "int32"));
      });
    return new Map([...this.past].map(([layer, { k, v }]) => [layer, { k: only(k), v: only(v) }]));
  }

  /** One batch: `[place][…]` streams of some prompts. */
  private run(
    places: readonly number[],
    streams: readonly (readonly Float32Array[])[],
    past: ReadonlyMap<number, LayerKeysValues>,
  ): number[][] {
    const { read, index, moved } = this.what;
    const variants = Math.max(...streams.map(({ length }) => length));
    const size = this.model.cfg.d_model;
    const values = new Float32Array(places.length * variants * size);
    streams.forEach((ofPrompt, i) => {
      ofPrompt.forEach((stream, k) => {
        values.set(stream, (i * variants + k) * size);
      });
    });
    const entering = tf.tensor3d(values, [places.length * variants, 1, size]);
    const rows = {
      ...{ clean: this.clean, prompts: places, length: 1, variants },
      first: places.map((place) => this.first[place]),
    };
    const plan = {
      ...{ start: moved.start, reads: [read] },
      ...{ pos: "last" as const, editsUnembedding: false },
    };
    const edit = { apply: <T extends tf.Tensor>(_: T) => tf.clone(entering) as tf.Tensor as T };
    const edits = { byHook: new Map([[moved, edit]]), writes: null };
    const seen = runSuffix(this.model, rows, plan, edits, past).get(read) as tf.Tensor2D;
    const ofRows = tf.tidy(() => tf.slice2d(seen, [0, index], [-1, 1]).dataSync());
    tf.dispose([seen, entering]);
    return streams.map((ofPrompt, i) => [
      ...ofRows.subarray(i * variants, i * variants + ofPrompt.length),
    ]);
  }
}

/** Places that have streams, those with similarly many together: they are run as one batch. */
function alike(streams: readonly (readonly Float32Array[])[]): number[][] {
  const counts = streams.map(({ length }) => length);
  const order = [...counts.keys()].filter((place) => counts[place] > 0);
  order.sort((a, b) => counts[b] - counts[a] || a - b);
  const groups: number[][] = [];
  let idle = 0;
  for (const place of order) {
    const group = groups[groups.length - 1];
    idle += group ? counts[group[0]] - counts[place] : 0;
    if (group && idle <= IDLE_ROWS) group.push(place);
    else {
      groups.push([place]);
      idle = 0;
    }
  }
  return groups.map((group) => group.sort((a, b) => a - b));
}
