import { z } from "zod";
import type { HookPointName } from "../model/hook-names";
import type { CorpusHistogram, CorpusPoints } from "../results/corpus-points";

/** A position of a text with the tokens around it. */
export interface CorpusExample {
  /** Index of the text. */
  readonly text: number;
  /** The position in it that this is an example of. */
  readonly position: number;
  /** Position of the first token that is shown. */
  readonly from: number;
  /** Tokens around the position, as text. */
  readonly strTokens: readonly string[];
  /** The target's activation at each of them. */
  readonly activation: readonly number[];
  /** The prediction at each of them. */
  readonly prediction: readonly number[];
  /** How wrong the head is at the position; null where it cannot be said. */
  readonly error: number | null;
}

/** A number over all positions. */
export interface CorpusSummary {
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly histogram: CorpusHistogram;
}

/** What `topActivating` finds. */
export interface CorpusExamples {
  /** The target. */
  readonly hook: HookPointName;
  readonly index: number;
  /** How many texts, and how many of their positions count. */
  readonly texts: number;
  readonly positions: number;
  readonly activation: CorpusSummary;
  readonly prediction: CorpusSummary;
  /** Pearson's correlation of both over all positions; null where one is constant. */
  readonly correlation: number | null;
  readonly error: {
    /** What the error is, or why there is none. */
    readonly means: string;
    /** Over all positions. */
    readonly mean: number | null;
  };
  /** Positions of the highest activation, the highest first. */
  readonly strongest: readonly CorpusExample[];
  /** Positions of the lowest activation, the lowest first. */
  readonly weakest: readonly CorpusExample[];
  /** Positions of the largest error, the largest first. */
  readonly mostWrong: readonly CorpusExample[];
  /** Tenths of all positions by activation, the lowest first, each with random examples. */
  readonly deciles: readonly {
    readonly low: number;
    readonly high: number;
    readonly positions: number;
    readonly examples: readonly CorpusExample[];
  }[];
  /** Positions drawn at random, in the texts' order: what a scatter plot shows. */
  readonly points: CorpusPoints;
  /** How many texts were longer than the context and were cut. */
  readonly truncated: number;
}

const numbers = z.array(z.number());

const exampleSchema = z.strictObject({
  ...{ text: z.number(), position: z.number(), from: z.number() },
  strTokens: z.array(z.string()),
  ...{ activation: numbers, prediction: numbers, error: z.number().nullable() },
});

const summarySchema = z.strictObject({
  ...{ mean: z.number(), std: z.number(), min: z.number(), max: z.number() },
  histogram: z.strictObject({ edges: numbers, counts: numbers }),
});

/** The same as it is kept on disk. */
export const corpusExamplesSchema = z.strictObject({
  ...{ hook: z.string(), index: z.number(), texts: z.number(), positions: z.number() },
  ...{ activation: summarySchema, prediction: summarySchema },
  correlation: z.number().nullable(),
  error: z.strictObject({ means: z.string(), mean: z.number().nullable() }),
  strongest: z.array(exampleSchema),
  weakest: z.array(exampleSchema),
  mostWrong: z.array(exampleSchema),
  deciles: z.array(
    z.strictObject({
      ...{ low: z.number(), high: z.number(), positions: z.number() },
      examples: z.array(exampleSchema),
    }),
  ),
  points: z.strictObject({
    ...{ text: numbers, position: numbers, strToken: z.array(z.string()) },
    ...{ activation: numbers, prediction: numbers },
  }),
  truncated: z.number(),
});
