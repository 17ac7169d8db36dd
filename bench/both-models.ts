import { join } from "node:path";
import type { HookedTransformer } from "../src/model/hooked-transformer";
import { openBase } from "../src/model/open-base";
import type { Measurement } from "./measurement";
import { isQuick } from "./quick";

/**
 * Measures something on the bundled model and on the random GPT-2 of 124 million parameters; on the bundled
 * one alone where it has to be quick.
 *
 * @param folder of the random one
 * @param measure told the model, its name in words and a layer in its middle
 */
export async function* onBothModels(
  folder: string,
  measure: (model: HookedTransformer, name: string, layer: number) => AsyncIterable<Measurement>,
): AsyncGenerator<Measurement> {
  const tiny = join(__dirname, "..", "models", "tiny-gpt2");
  const models = [
    ["the tiny model", tiny, 2],
    ["124M", folder, 6],
  ] as const;
  for (const [name, path, layer] of isQuick ? models.slice(0, 1) : models) {
    const model = await openBase(path);
    try {
      yield* measure(model, name, layer);
    } finally {
      model.dispose();
    }
  }
}
