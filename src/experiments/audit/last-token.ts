import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { binCentres } from "../../heads/prediction";
import { bundledTraining } from "../../training/bundled-training";
import { activationCacheFolder, collectActivations } from "../../training/collect-activations";
import { regressionMetrics } from "../../training/evaluation";
import type { AuditResult } from "./result";

/** Of the bundled training texts the first, that the last token's means are made of. */
const TEXTS = 1000;

type Baseline = Omit<AuditResult["prediction"], "r">;

/** How much of the activation's variance the head explains, and how much its last token alone. */
export async function lastTokenBaseline(
  head: BoundHead,
  texts: MeasuredPrompts,
  activation: readonly number[],
  prediction: readonly number[],
): Promise<Baseline> {
  const { config } = head.files;
  const hasUnits =
    config.headType === "regression" ||
    (config.headType === "classification" && binCentres(config) !== null && !isIndexed(head));
  const r_squared = hasUnits ? regressionMetrics(prediction, activation).r2 : null;
  const reason = hasUnits ? null : "its prediction has no units of the activation";
  const training = await fitted(head);
  if (typeof training === "string") {
    const none = { r_squared_last_token: null, last_token_texts: 0 };
    return { r_squared, ...none, reason: reason ?? training };
  }
  const store = await collectActivations(head.model, training.tokens, [head.hook], {
    cacheFolder: activationCacheFolder(),
  });
  const column = store.column(head.hook, head.index);
  const means = meansByToken(training.tokens, column);
  const overall = column.reduce((sum, value) => sum + value, 0) / column.length;
  const guessed = texts.tokens.map((ids) => means.get(ids[ids.length - 1]) ?? overall);
  const { r2 } = regressionMetrics(guessed, activation);
  return { r_squared, r_squared_last_token: r2, last_token_texts: training.length, reason };
}

/** The bundled training texts, or why they cannot be used. */
async function fitted(head: BoundHead): Promise<MeasuredPrompts | string> {
  if (!head.model.tokenizer || !head.model.files) {
    return "there are no texts to fit the last token on";
  }
  const bundled = await bundledTraining(head);
  if (bundled === null) return "the bundled training texts cannot be run on it";
  const { texts } = bundled;
  return texts.only(Array.from({ length: Math.min(TEXTS, texts.length) }, (_, i) => i));
}

/** Whether class numbers stand for bins that it does not have. */
function isIndexed({ files }: BoundHead): boolean {
  return (files.config.raw as { bin_edges?: unknown }).bin_edges == null;
}

function meansByToken(
  tokens: MeasuredPrompts["tokens"],
  values: ArrayLike<number>,
): ReadonlyMap<number, number> {
  const seen = new Map<number, { sum: number; count: number }>();
  tokens.forEach((ids, i) => {
    const last = ids[ids.length - 1];
    const so = seen.get(last) ?? { sum: 0, count: 0 };
    seen.set(last, { sum: so.sum + values[i], count: so.count + 1 });
  });
  return new Map([...seen].map(([token, { sum, count }]) => [token, sum / count]));
}
