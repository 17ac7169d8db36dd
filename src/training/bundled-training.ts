import type { BoundHead } from "../heads/bind-head";
import type { MeasuredPrompts } from "../heads/measured-prompts";
import type { HookedTransformer } from "../model/hooked-transformer";
import { defaultTexts } from "./default-texts";
import { promptsHash, trainingTexts } from "./training-data";

/** The bundled training texts as heads of a model measure them. */
export interface BundledTraining {
  readonly texts: MeasuredPrompts;
  /** Of all token ids, as `training_metrics.json` records it. */
  readonly sha256: string;
}

const known = new WeakMap<HookedTransformer, Map<unknown, Promise<BundledTraining>>>();

/**
 * The bundled training texts up to the token that a head measures, read and tokenized once for all heads
 * of a model that measure the same.
 *
 * @throws InputError if there are no such texts, or the model cannot run them.
 */
export function bundledTraining(head: BoundHead): Promise<BundledTraining> {
  const { model, files } = head;
  const ofModel = known.get(model) ?? new Map<unknown, Promise<BundledTraining>>();
  known.set(model, ofModel);
  const { tokenPos } = files.config;
  const measured = ofModel.get(tokenPos) ?? measure(head);
  ofModel.set(tokenPos, measured);
  return measured;
}

async function measure(head: BoundHead): Promise<BundledTraining> {
  const texts = trainingTexts(head, await defaultTexts());
  return { texts, sha256: promptsHash(texts.tokens) };
}
