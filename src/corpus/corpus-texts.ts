import { InputError } from "../errors";
import { type MeasuredPrompts, measurePrompts, type PromptInput } from "../heads/measured-prompts";
import type { HookedTransformer } from "../model/hooked-transformer";
import { heldOutTextsFor } from "../training/default-texts";

/**
 * Texts to be run whole, cut to the context: those that are given, else so many held-out ones.
 *
 * @throws InputError as `measurePrompts`, or if none are given and the model can run none of the bundled.
 */
export async function corpusTexts(
  model: HookedTransformer,
  given: PromptInput | undefined,
  { count, prependBos }: { readonly count: number; readonly prependBos?: boolean },
): Promise<MeasuredPrompts> {
  const texts = given ?? (await heldOutTextsFor(model, { count, prependBos }));
  if (given === undefined && texts.length === 0) {
    throw new InputError("the base model can run none of the bundled texts", {
      found: model.tokenizer ? "no text that its tokenizer and context allow" : "no tokenizer",
      remedy: "Give texts, or token ids.",
    });
  }
  return measurePrompts({ model }, texts, { prependBos, truncate: true });
}
