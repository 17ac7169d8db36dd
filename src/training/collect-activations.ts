import { createHash } from "node:crypto";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { HookPointName } from "../model/hook-names";
import { hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { batchesByLength, filledUpAtTheEnd } from "../model/length-batches";
import { type Progress, silentProgress } from "../progress/progress";
import { ActivationStore, type ActivationWriter } from "./activation-store";

export interface CollectOptions {
  /** Folder of the activations that are kept between runs; see `activationCacheFolder`. */
  readonly cacheFolder: string;
  /** Opened only if the model has to run; told after each batch. */
  readonly progress?: (total: number) => Progress;
}

/**
 * `TSLENS_CACHE` if it is set, else `.tslens/cache` in tslens's own folder, with `activations` in it.
 * It may be deleted at any time.
 */
export function activationCacheFolder(): string {
  const cache = process.env.TSLENS_CACHE || join(__dirname, "..", "..", ".tslens", "cache");
  return join(cache, "activations");
}

/**
 * Activations of hooks at the last token of each prompt.
 *
 * The prompts run once, in batches of similar length, no further than the last hook's block; what is
 * collected goes to the disk batch by batch. The folder is named by a hash of the model's files, its
 * weight processing, the engine and the prompts' tokens: the next head on the same model and prompts
 * finds it there.
 *
 * @param prompts token ids; activations before the last token are not looked at
 * @param hooks long names of activations that stand at single positions
 * @throws InputError if a prompt is empty, too long or outside the vocabulary, or the cache folder
 *   cannot be used.
 * @throws CheckpointError if the model's files are no longer those that it was read from.
 */
export async function collectActivations(
  model: HookedTransformer,
  prompts: readonly (readonly number[])[],
  hooks: readonly HookPointName[],
  { cacheFolder, progress = () => silentProgress }: CollectOptions,
): Promise<ActivationStore> {
  const folder = join(cacheFolder, await datasetName(model, prompts));
  const store = new ActivationStore(
    folder,
    prompts.length,
    (hook) => hookPoint(hook as HookPointName, model.cfg).size!,
  );
  const missing = [...new Set(hooks)].filter((hook) => !store.has(hook));
  if (missing.length === 0) return store;
  const bar = progress(prompts.length);
  const writer = store.write(missing);
  try {
    let done = 0;
    for (const batch of batchesByLength(prompts)) {
      collectBatch(model, prompts, batch, missing, writer);
      done += batch.length;
      bar.update(done);
      await bar.breathe();
    }
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    bar.done();
  }
  writer.finish();
  return store;
}

/** Hex digits of the hash that name a folder. */
const NAME_LENGTH = 32;

async function datasetName(
  { files, processing, engine }: HookedTransformer,
  prompts: readonly (readonly number[])[],
): Promise<string> {
  if (!files) {
    throw new InputError(
      "a model made of arrays has no files that its activations could be kept by",
      {
        remedy: "Load it by fromPretrained.",
      },
    );
  }
  const content = JSON.stringify([await files.sha256(), processing, engine.name, prompts]);
  return createHash("sha256").update(content).digest("hex").slice(0, NAME_LENGTH);
}

function collectBatch(
  model: HookedTransformer,
  prompts: readonly (readonly number[])[],
  batch: readonly number[],
  hooks: readonly HookPointName[],
  writer: ActivationWriter,
): void {
  const padded = filledUpAtTheEnd(batch.map((index) => prompts[index]));
  const { length } = padded[0];
  const lastRows = batch.map((index, row) => row * length + prompts[index].length - 1);
  const lastLayer = Math.max(...hooks.map((hook) => hookPoint(hook, model.cfg).layer()));
  const [end, cache] = model.runWithCache(padded, {
    namesFilter: hooks,
    stopAtLayer: lastLayer < model.cfg.n_layers ? lastLayer + 1 : undefined,
  });
  end.dispose();
  try {
    for (const hook of hooks) {
      const values = tf.tidy(() => {
        const activation = cache.get(hook);
        const size = activation.size / (batch.length * length);
        const rows = tf.reshape(activation, [batch.length * length, size]);
        return tf.gather(rows, tf.tensor1d(lastRows, "int32")).dataSync() as Float32Array;
      });
      const size = values.length / batch.length;
      batch.forEach((index, row) => {
        writer.put(hook, index, values.subarray(row * size, (row + 1) * size));
      });
    }
  } finally {
    cache.dispose();
  }
}
