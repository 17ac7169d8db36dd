import { InputError } from "../errors";
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

const known = new WeakMap<HookedTransformer, Map<unknown, Promise<BundledTraining | null>>>();

/**
 * The bundled training texts up to the token that a head measures, read and tokenized once for all heads
 * of a model that measure the same.
 *
 * @returns null where the model has no tokenizer for them, or cannot run them
 */
export function bundledTraining(head: BoundHead): Promise<BundledTraining | null> {
  const { model, files } = head;
  const ofModel = known.get(model) ?? new Map<unknown, Promise<BundledTraining | null>>();
  known.set(model, ofModel);
  const { tokenPos } = files.config;
  const measured = ofModel.get(tokenPos) ?? measure(head);
  ofModel.set(tokenPos, measured);
  return measured;
}

async function measure(head: BoundHead): Promise<BundledTraining | null> {
  if (!head.model.tokenizer) return null;
  const bundled = await defaultTexts();
  try {
    const texts = trainingTexts(head, bundled);
    return { texts, sha256: promptsHash(texts.tokens) };
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
