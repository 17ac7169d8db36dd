import { InputError } from "../errors";
import type { HookedTransformer } from "../model/hooked-transformer";
import {
  isBatch,
  type ModelInput,
  promptTokens,
  type TokenOptions,
  tokenBatch,
} from "../model/token-batch";
import { distinctPrompts } from "./same-measurement";

/** A prompt as text or as token ids. */
export type Prompt = string | readonly number[];

/** What prompts are measured for: a head with its model, or a model alone. */
export interface Measurer {
  readonly model: Pick<HookedTransformer, "cfg" | "tokenizer" | "promptEncoder">;
  /** The position that is measured in a prompt of that many tokens; the last if not given. */
  readonly position?: (promptLength: number) => number;
}

export interface MeasureOptions extends TokenOptions {
  /** Cut what is longer than the context instead of refusing it; off unless asked for. */
  readonly truncate?: boolean;
}

/** A prompt as results record it. */
export interface MeasuredPrompt {
  /** null where token ids were given and there is no tokenizer. */
  readonly text: string | null;
  /** All its token ids. */
  readonly tokens: number[];
  /** Which of them is measured. */
  readonly position: number;
}

/**
 * Prompts as experiments run them: token ids that the model can run, up to the measured token, since
 * what comes after it can change nothing there. Only `measurePrompts` makes them.
 */
class MeasuredPrompts {
  /** Token ids of each prompt up to the measured one, which is the last: what is run. */
  readonly tokens: readonly (readonly number[])[];

  constructor(
    private readonly model: Measurer["model"],
    private readonly given: readonly Prompt[],
    private readonly whole: readonly number[][],
    private readonly positions: readonly number[],
    /** How many were longer than the context and were cut. */
    readonly truncated: number,
  ) {
    this.tokens = whole.map((ids, i) => ids.slice(0, positions[i] + 1));
  }

  get length(): number {
    return this.tokens.length;
  }

  /** Places of those that are measurements of their own: the first of equal ones. */
  distinct(): number[] {
    return distinctPrompts(this.tokens);
  }

  /** Some of them, by their places. */
  only(places: readonly number[]): MeasuredPrompts {
    const of = <T>(values: readonly T[]) => places.map((place) => values[place]);
    const [given, whole, positions] = [of(this.given), of(this.whole), of(this.positions)];
    return new MeasuredPrompts(this.model, given, whole, positions, this.truncated);
  }

  /** The prompts as they were given, with the position that is measured. */
  recorded(): MeasuredPrompt[] {
    return this.given.map((prompt, i) => ({
      text: typeof prompt === "string" ? prompt : (this.model.tokenizer?.decode(prompt) ?? null),
      tokens: [...this.whole[i]],
      position: this.tokens[i].length - 1,
    }));
  }

  /**
   * What has no measured position of its own is read wherever they are measured.
   *
   * @throws InputError if they were measured for another model, or at another token.
   */
  requireFor({ model, position }: Measurer): void {
    const sizes = [this.model.cfg, model.cfg].map(({ d_vocab, n_ctx }) => `${d_vocab}, ${n_ctx}`);
    if (sizes[0] !== sizes[1]) {
      throw new InputError("these prompts were measured for another model", {
        found: `vocabulary and context of ${sizes[0]} tokens`,
        expected: sizes[1],
      });
    }
    this.tokens.forEach(({ length }, i) => {
      const expected = position?.(this.whole[i].length) ?? length - 1;
      if (length - 1 === expected) return;
      throw new InputError("these prompts were measured for a head that measures another token", {
        found: `token ${length - 1} of prompt ${i}`,
        expected: `token ${expected}`,
        remedy: "Measure them for this head: measurePrompts(head, prompts).",
      });
    });
  }
}

export type { MeasuredPrompts };

/** Prompts in any form: texts, token ids, or already measured. */
export type PromptInput = ModelInput | readonly Prompt[] | MeasuredPrompts;

/**
 * Prompts ready to be run: tokenized, checked against the model and cut at the measured token, once.
 * Those that are measured already are given back as they are.
 *
 * @throws InputError if there is no prompt, one is empty, too long or outside the vocabulary, a text
 *   comes without a tokenizer, or they were measured for another model or at another token.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const prompts = measurePrompts(head, ["Once upon a time", "The king said"]);
 * const { clean } = await patch(head.model, prompts, [{ hook: ["post", 2], patch: ["zero"] }], { read: head });
 */
export function measurePrompts(
  measurer: Measurer,
  prompts: PromptInput,
  { prependBos, truncate = false }: MeasureOptions = {},
): MeasuredPrompts {
  if (prompts instanceof MeasuredPrompts) {
    prompts.requireFor(measurer);
    return prompts;
  }
  const { model, position = (length) => length - 1 } = measurer;
  const { cfg, promptEncoder } = model;
  const input = prompts as ModelInput;
  const sizes = truncate ? { ...cfg, n_ctx: Number.POSITIVE_INFINITY } : cfg;
  const isNone = Array.isArray(prompts) && prompts.length === 0;
  const all = isNone
    ? promptTokens([], sizes, promptEncoder)
    : tokenBatch(input, sizes, promptEncoder, { prependBos });
  const whole = all.map((ids) => ids.slice(0, cfg.n_ctx));
  const given = isBatch(input) ? (input as readonly Prompt[]) : [input as Prompt];
  const truncated = all.filter((ids) => ids.length > cfg.n_ctx).length;
  const positions = whole.map((ids) => position(ids.length));
  return new MeasuredPrompts(model, given, whole, positions, truncated);
}
