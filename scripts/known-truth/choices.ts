import { join } from "node:path";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { heldOutTexts } from "../../src/training/default-texts";
import { KINDS, type Kind, randomFamily } from "../../tests/patching/random-family";
import { HOOKS, type PlantChoice, type PlantedHook } from "./plant";
import { type RawModel, rawModel, readRawModel } from "./raw-model";

/** Texts that stand for all texts, of each model. */
export const TEXTS = 6000;

/** Shapes of random models: every hook has the 20 neurons that a rank takes. */
const SHAPES = [
  { layers: 2, heads: 2, keyHeads: 1, d_head: 16, d_model: 32, d_mlp: 32, d_vocab: 90 },
  { layers: 3, heads: 4, keyHeads: 2, d_head: 10, d_model: 40, d_mlp: 48, d_vocab: 120 },
  { layers: 4, heads: 4, keyHeads: 2, d_head: 12, d_model: 48, d_mlp: 60, d_vocab: 150 },
] as const;

/** Embeddings of random models are so much larger than the blocks' weights: texts differ by their last token. */
const EMBEDDINGS = 2;

const BUNDLED = join(__dirname, "..", "..", "models", "tiny-gpt2");
const BUNDLED_HOOKS = ["post", "mlp_out", "attn_out", "pre", "resid_mid"] as const;

/** What a choice is called, and how it is made: texts and weights are only there when it is run. */
export interface NamedChoice {
  readonly name: string;
  readonly make: () => Promise<PlantChoice>;
}

/** All plants: random models of every family, with each kind of activation, and the bundled model. */
export function plantChoices(seed: number): NamedChoice[] {
  let turn = 0;
  const random = KINDS.flatMap((kind) => {
    const possible = HOOKS.filter((hook) => canPlant(kind, hook));
    // Two activations a family, so that each activation comes in several.
    return [0, 1].map(() => randomChoice(kind, possible[turn++ % possible.length], seed + turn));
  });
  const bundled = BUNDLED_HOOKS.map((hook, i) => bundledChoice(hook, seed + i));
  // In turns, so that a part of them has something of each.
  return random.flatMap((choice, i) => {
    const between = i % 7 === 3 ? bundled[Math.floor(i / 7)] : undefined;
    return between ? [choice, between] : [choice];
  });
}

const GATED = ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2"];

function canPlant({ model_type, isParallel }: Kind, hook: PlantedHook): boolean {
  // A norm behind the MLP and attention mixes what a hidden neuron writes with all others.
  if (model_type === "gemma2" && ["post", "pre", "z"].includes(hook)) return false;
  // What it writes is no function of hook_pre alone.
  if (GATED.includes(model_type) && hook === "pre") return false;
  return !(isParallel && hook === "resid_mid");
}

/** A plant in a random model. */
export function randomChoice(
  kind: Kind,
  hook: PlantedHook,
  seed: number,
  texts = TEXTS,
): NamedChoice {
  const name = `random ${kind.name}, ${hook}, seed ${seed}`;
  const make = async () => {
    const random = randomStream(seed, name);
    const shape = SHAPES[random.integer(0, SHAPES.length - 1)];
    const { config, tensors } = randomFamily(kind, seed, shape);
    const model = rawModel(config, tensors);
    const embedding = model.tensors.get(`${model.table.embedding}.weight`)!.data;
    for (let i = 0; i < embedding.length; i++) embedding[i] *= EMBEDDINGS;
    return {
      ...{ name, model, hook, seed },
      ...layersOf(model, hook, random),
      texts: randomTexts(shape.d_vocab, texts, random),
    };
  };
  return { name, make };
}

function bundledChoice(hook: PlantedHook, seed: number): NamedChoice {
  const name = `tiny-gpt2, ${hook}, seed ${seed}`;
  const make = async () => {
    const random = randomStream(seed, name);
    const model = await readRawModel(BUNDLED);
    const { toTokens, dispose } = await tokens();
    const all = (await heldOutTexts({ count: TEXTS })).map(toTokens);
    dispose();
    const texts = [...new Map(all.map((ids) => [ids.join(), ids])).values()];
    return { ...{ name, model, hook, seed }, ...layersOf(model, hook, random), texts };
  };
  return { name, make };
}

async function tokens() {
  const model = await HookedTransformer.fromPretrained(BUNDLED);
  return {
    toTokens: (text: string) => model.toTokens(text),
    dispose: () => model.dispose(),
  };
}

/** A block with one after it or none, and what is read there or later. */
function layersOf(
  { layers }: RawModel,
  hook: PlantedHook,
  random: RandomStream,
): { layer: number; featureLayer: number } {
  // Before the first block there is only the last token's embedding.
  const layer = random.integer(hook === "resid_pre" ? 1 : 0, layers - 1);
  return { layer, featureLayer: random.integer(layer, layers - 1) };
}

function randomTexts(vocabulary: number, count: number, random: RandomStream): number[][] {
  const texts = new Map<string, number[]>();
  while (texts.size < count) {
    const length = random.integer(3, 16);
    const ids = Array.from({ length }, () => random.integer(0, vocabulary - 1));
    texts.set(ids.join(), ids);
  }
  return [...texts.values()];
}
