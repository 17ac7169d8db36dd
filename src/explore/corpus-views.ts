import { causalMap } from "../corpus/causal-map";
import type { CorpusExample, CorpusExamples } from "../corpus/corpus-examples";
import { corpusTexts } from "../corpus/corpus-texts";
import { topActivating } from "../corpus/top-activating";
import { causalMapFigure } from "../figures/causal-map";
import { corpusFigure } from "../figures/corpus";
import type { BoundHead } from "../heads/bind-head";
import { formatNumber } from "../text/format-number";
import type { CausalMapShown, Example, ExampleGroup, ExamplesShown, Running } from "./explorer";
import { inSizes } from "./in-sizes";
import { running } from "./running";
import { tokenTexts } from "./token-texts";

/**
 * The causal map of a prompt, for its last token.
 *
 * @param tokens up to the token that is measured
 */
export function shownCausalMap(
  given: BoundHead,
  tokens: readonly number[],
  signal?: AbortSignal,
): AsyncGenerator<Running<CausalMapShown>> {
  const head = { ...given, position: (length: number) => length - 1 };
  return running(
    { what: "patched runs" },
    async (progress) => {
      const map = await causalMap(head, tokens, { progress });
      const { layers, clean, attn, mlp } = map;
      const texts = tokenTexts(tokens, head.model.tokenizer);
      const shown = { ...map, strTokens: texts.map((text) => text || "·") };
      return {
        tokens: texts,
        prediction: clean,
        rows: layers.flatMap((layer, i) => [
          { layer, part: "attention" as const, changes: attn[i] },
          { layer, part: "mlp" as const, changes: mlp[i] },
        ]),
        figures: inSizes((size) => causalMapFigure(shown, { size })),
      };
    },
    signal,
  );
}

/** Held-out texts that are looked through. */
const TEXTS = 1000;

/** The head over the bundled held-out books. */
export function shownExamples(
  head: BoundHead,
  { sharedScale, signal }: { readonly sharedScale: boolean; readonly signal?: AbortSignal },
): AsyncGenerator<Running<ExamplesShown>> {
  return running(
    { what: "texts read" },
    async (progress) => {
      const found = await topActivating(head, undefined, { count: TEXTS, progress });
      const read = await corpusTexts(head.model, undefined, { count: TEXTS });
      const prompts = read.recorded().map(({ text }) => text!);
      const { positions, texts } = found;
      const figures = inSizes((size) => corpusFigure(found, { size, sharedScale }));
      return { groups: groupsOf(found, prompts), positions, texts, figures };
    },
    signal,
  );
}

function groupsOf(
  { strongest, weakest, mostWrong, deciles, error }: CorpusExamples,
  prompts: readonly string[],
) {
  const group = (
    name: string,
    examples: readonly CorpusExample[],
    why: string | null = null,
  ): ExampleGroup => ({
    name,
    examples: examples.map((example) => shownExample(example, prompts[example.text])),
    why,
  });
  return [
    group("strongest", strongest),
    group("weakest", weakest),
    mostWrong.length > 0
      ? group(`most wrong: ${error.means}`, mostWrong)
      : group("most wrong", [], error.means),
    ...deciles.map(({ low, high, examples }, i) =>
      group(
        `at random from tenth ${i + 1}: activations from ${formatNumber(low)} to ${formatNumber(high)}`,
        examples,
      ),
    ),
  ];
}

function shownExample(example: CorpusExample, prompt: string): Example {
  const { strTokens, activation, prediction, position, from } = example;
  const at = position - from;
  return {
    tokens: strTokens.map((text, i) => ({
      ...{ text, activation: activation[i], prediction: prediction[i] },
    })),
    ...{ at, prompt, position },
    ...{ activation: activation[at], prediction: prediction[at] },
  };
}
