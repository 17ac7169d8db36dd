import { z } from "zod";

const numbers = z.array(z.number());

const exampleSchema = z.strictObject({
  /** Index of the text. */
  text: z.number(),
  /** The position in it that this is an example of. */
  position: z.number(),
  /** Position of the first token that is shown. */
  from: z.number(),
  /** Tokens around the position, as text. */
  strTokens: z.array(z.string()),
  /** The target's activation at each of them. */
  activation: numbers,
  /** The prediction at each of them. */
  prediction: numbers,
  /** How wrong the head is at the position; null where it cannot be said. */
  error: z.number().nullable(),
});

const summarySchema = z.strictObject({
  mean: z.number(),
  /** Population standard deviation. */
  std: z.number(),
  min: z.number(),
  max: z.number(),
  /** Over all positions: rising edges, one more than bins, and how many lie between them. */
  histogram: z.strictObject({ edges: numbers, counts: numbers }),
});

/** What `topActivating` finds, as it is kept on disk. */
export const corpusExamplesSchema = z.strictObject({
  hook: z.string(),
  index: z.number(),
  /** How many texts, and how many of their positions count. */
  texts: z.number(),
  positions: z.number(),
  /** How many texts were longer than the context and were cut. */
  truncated: z.number(),
  activation: summarySchema,
  prediction: summarySchema,
  /** Pearson's correlation of both over all positions; null where one is constant. */
  correlation: z.number().nullable(),
  error: z.strictObject({
    /** What the error is, or why there is none. */
    means: z.string(),
    /** Over all positions. */
    mean: z.number().nullable(),
  }),
  /** Positions of the highest activation, of the lowest, and of the largest error, the first first. */
  strongest: z.array(exampleSchema),
  weakest: z.array(exampleSchema),
  mostWrong: z.array(exampleSchema),
  /** Tenths of all positions by activation, the lowest first, each with random examples. */
  deciles: z.array(
    z.strictObject({
      low: z.number(),
      high: z.number(),
      positions: z.number(),
      examples: z.array(exampleSchema),
    }),
  ),
  /** Positions drawn at random, in the texts' order: what a scatter plot shows. */
  points: z.strictObject({
    text: numbers,
    position: numbers,
    strToken: z.array(z.string()),
    activation: numbers,
    prediction: numbers,
  }),
});

type Plain<T> = T extends (infer One)[]
  ? readonly Plain<One>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<T[Key]> }
    : T;

/** What `topActivating` finds. */
export type CorpusExamples = Plain<z.infer<typeof corpusExamplesSchema>>;

/** A position of a text with the tokens around it. */
export type CorpusExample = CorpusExamples["strongest"][number];
