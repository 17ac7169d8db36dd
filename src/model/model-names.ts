import { HUB_MODELS, type HubModel } from "./hub-models";

/**
 * The GPT-2s that TransformerLens knows: its names for them, and their names on the hub. The first of the hub's names
 * is the one that TransformerLens, and so the cache that Python filled, uses.
 *
 * @see https://github.com/TransformerLensOrg/TransformerLens/blob/main/transformer_lens/supported_models.py
 */
const GPT2S: readonly HubModel[] = [
  { onHub: ["gpt2", "openai-community/gpt2"], aliases: ["gpt2-small"] },
  { onHub: ["gpt2-medium", "openai-community/gpt2-medium"], aliases: [] },
  { onHub: ["gpt2-large", "openai-community/gpt2-large"], aliases: [] },
  { onHub: ["gpt2-xl", "openai-community/gpt2-xl"], aliases: [] },
  {
    onHub: ["distilgpt2", "distilbert/distilgpt2"],
    aliases: ["distillgpt2", "distill-gpt2", "distil-gpt2", "gpt2-xs"],
  },
  ...[
    ["alias-gpt2-small-x21", "small-a"],
    ["battlestar-gpt2-small-x49", "small-b"],
    ["caprica-gpt2-small-x81", "small-c"],
    ["darkmatter-gpt2-small-x343", "small-d"],
    ["expanse-gpt2-small-x777", "small-e"],
    ["arwen-gpt2-medium-x21", "medium-a"],
    ["beren-gpt2-medium-x49", "medium-b"],
    ["celebrimbor-gpt2-medium-x81", "medium-c"],
    ["durin-gpt2-medium-x343", "medium-d"],
    ["eowyn-gpt2-medium-x777", "medium-e"],
  ].map(([name, short]) => ({
    onHub: [`stanford-crfm/${name}`],
    aliases: [
      name,
      `stanford-gpt2-${short}`,
      `gpt2-stanford-${short}`,
      // As TransformerLens writes them.
      short.replace("small", "gpt2-mistral-small").replace("medium", "gpt2-medium-small"),
    ],
  })),
];

/** A model's names, of which all mean the same. */
export interface ModelNames {
  /** The given one, then the others. */
  readonly all: readonly string[];
  /** Those that the hub may know it by, in the order to try. */
  readonly onHub: readonly string[];
}

/** Every name of the model that a name means; of a name that TransformerLens does not know, itself. */
export function modelNames(name: string): ModelNames {
  const isMeant = (other: string) => other.toLowerCase() === name.toLowerCase();
  const known = [...GPT2S, ...HUB_MODELS].find(({ onHub, aliases }) =>
    [...onHub, ...aliases].some(isMeant),
  );
  if (!known) return { all: [name], onHub: [name] };
  const { onHub, aliases } = known;
  const isOnHub = onHub.includes(name);
  return {
    all: [...new Set([name, ...onHub, ...aliases])],
    onHub: [...new Set(isOnHub ? [name, ...onHub] : onHub)],
  };
}
