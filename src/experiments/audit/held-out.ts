import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../checkpoints/json-file";
import { HeadConfigError } from "../../errors";
import type { BoundHead } from "../../heads/bind-head";
import { type MeasuredPrompts, measurePrompts, type Prompt } from "../../heads/measured-prompts";
import { runDirectory, TRAINING_METRICS } from "../../heads/run-folders";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { bundledTraining } from "../../training/bundled-training";
import { heldOutTextsFor } from "../../training/default-texts";
import { promptsHash } from "../../training/training-data";

/** Texts that a head is audited on. */
export interface HeldOut {
  /** Each another one up to the measured token; null where there are none to run. */
  readonly texts: MeasuredPrompts | null;
  /** Of their token ids. */
  readonly sha256: string;
  /** How many were given, how many were training texts of the head, and how many the same again. */
  readonly given: number;
  readonly dropped: number;
  readonly repeated: number;
  /** Whether the head's training texts are known, so that they could be dropped. */
  readonly isTrainingKnown: boolean;
}

const RUN = z.object({ texts: z.object({ sha256: z.string() }) });

/**
 * Texts for audits: without what a head was trained on, as far as that is known, and what is the same
 * measurement again. They are read and tokenized once for all heads of a model that measure the same token.
 *
 * @param given the bundled held-out ones if undefined, as far as the model can run them
 * @throws InputError if there is no text, or one cannot be run.
 */
export function heldOutFor(
  given: readonly Prompt[] | undefined,
  prependBos: boolean,
): (head: BoundHead) => Promise<HeldOut> {
  const known = new Map<HookedTransformer, Map<unknown, Promise<MeasuredPrompts | null>>>();
  return async (head) => {
    const { model, files } = head;
    const ofModel = known.get(model) ?? new Map<unknown, Promise<MeasuredPrompts | null>>();
    known.set(model, ofModel);
    const { tokenPos } = files.config;
    const measuring = ofModel.get(tokenPos) ?? measured(head, given, prependBos);
    ofModel.set(tokenPos, measuring);
    const texts = await measuring;
    if (texts !== null) return without(head, texts);
    const counts = { given: 0, dropped: 0, repeated: 0, isTrainingKnown: false };
    return { texts, sha256: promptsHash([]), ...counts };
  };
}

async function measured(
  head: BoundHead,
  given: readonly Prompt[] | undefined,
  prependBos: boolean,
): Promise<MeasuredPrompts | null> {
  if (given) return measurePrompts(head, given, { prependBos });
  const runnable = await heldOutTextsFor(head.model, { prependBos });
  return runnable.length > 0 ? measurePrompts(head, runnable, { prependBos }) : null;
}

async function without(head: BoundHead, measured: MeasuredPrompts): Promise<HeldOut> {
  const trained = await trainingPrefixes(head);
  const isNew = (place: number) => !trained?.has(measured.tokens[place].join());
  const all = measured.tokens.map((_, place) => place);
  const unseen = measured.only(all.filter(isNew));
  const texts = unseen.only(unseen.distinct());
  return {
    texts,
    sha256: promptsHash(texts.tokens),
    given: measured.length,
    dropped: measured.length - unseen.length,
    repeated: unseen.length - texts.length,
    isTrainingKnown: trained !== null,
  };
}

/** The measured prefixes of the training texts; null where they are not known: only the bundled ones can be. */
async function trainingPrefixes(head: BoundHead): Promise<ReadonlySet<string> | null> {
  const file = join(runDirectory(head.files.directory), TRAINING_METRICS);
  if (!existsSync(file)) return null;
  const said = RUN.safeParse(readJsonFile(file, HeadConfigError));
  if (!said.success) return null;
  const bundled = await bundledTraining(head);
  if (bundled?.sha256 !== said.data.texts.sha256) return null;
  return new Set(bundled.texts.tokens.map((ids) => ids.join()));
}
