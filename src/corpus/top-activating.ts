import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import type { MeasureOptions, PromptInput } from "../heads/measured-prompts";
import { eachText } from "../heads/run-head";
import { interruptible } from "../progress/interrupt";
import type { Progress } from "../progress/progress";
import { withBar } from "../progress/with-bar";
import { histogram } from "../stats/histogram";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import { randomStream } from "../stats/random-stream";
import { vectorStatistics } from "../stats/vector-statistics";
import { decileRows, rowsFrom, sampledRows, topRows } from "./chosen-rows";
import type { CorpusExample, CorpusExamples } from "./corpus-examples";
import { corpusTexts } from "./corpus-texts";
import { examplesCacheFolder, examplesFile, keepExamples, keptExamples } from "./kept-examples";
import { PositionTable } from "./position-table";
import { predictionError } from "./prediction-error";

/** Texts of the held-out books unless others are given. */
const TEXTS = 1000;

const BINS = 40;

/** How many of what is chosen, and what is shown of each. */
const CHOICES = {
  /** Of the strongest, the weakest and the most wrong. */
  k: 10,
  /** Random ones of each decile. */
  perDecile: 2,
  /** Points drawn of all positions. */
  points: 2000,
  /** Tokens shown before and after a position. */
  before: 24,
  after: 8,
  /** 1 leaves out the first token of each text, where some models' activations are of another size. */
  firstPosition: 0,
};

export interface TopActivatingOptions
  extends Partial<Readonly<typeof CHOICES>>,
    Pick<MeasureOptions, "prependBos"> {
  /** How many bundled texts, where none are given; 1,000 if not given. */
  readonly count?: number;
  /** Of the random examples and points. */
  readonly seed?: number;
  /** A bar of its own unless one is given; null for none. */
  readonly progress?: Progress | null;
  /** Ends the work between two batches, by an InterruptedError. */
  readonly signal?: AbortSignal;
  /** Where what was found is kept; null to keep nothing. `.tslens/cache/examples` if not given. */
  readonly cacheFolder?: string | null;
}

/**
 * Where in a corpus the target's activation is highest and lowest, where the head is most wrong, and
 * random positions of each tenth of the activations, each with the tokens around it.
 *
 * Every position of every text counts; of the strongest, weakest and most wrong a text gives one at most,
 * and what several texts begin with counts once. Texts longer than the context are cut to it. All
 * positions are run once, a bounded number of tokens at a time; 12 bytes are kept of each. What is found
 * is kept on disk, by a hash of the head's and the base model's files, the texts, the options and the
 * version.
 *
 * @param texts texts or token ids; 1,000 from books that neither the bundled model nor a bundled head
 *   has seen (`heldOutTexts`) if not given
 * @throws InputError if there is no text, one is empty or outside the vocabulary, an option is none, or
 *   a position gives NaN or infinity.
 * @throws InterruptedError if it was stopped, by `signal` or a notebook's stop button; nothing is kept.
 * @example
 * const { strongest, mostWrong, error } = await topActivating(head, ["Once upon a time", "The king"]);
 * const [{ strTokens, position, from, activation }] = strongest;
 * console.log(strTokens[position - from], activation[position - from], error.means);
 */
export async function topActivating(
  head: BoundHead,
  texts?: PromptInput,
  {
    count = TEXTS,
    seed = 0,
    progress,
    signal,
    cacheFolder,
    prependBos = false,
    ...given
  }: TopActivatingOptions = {},
): Promise<CorpusExamples> {
  const choices = checked(given);
  const { tokens, truncated } = await corpusTexts(head.model, texts, { count, prependBos });
  const folder = cacheFolder === undefined ? examplesCacheFolder() : cacheFolder;
  const file =
    folder === null
      ? null
      : await examplesFile(head, folder, tokens, { ...choices, seed, truncated });
  const kept = file && keptExamples(file);
  if (kept) return kept;
  const table = new PositionTable(tokens);
  const label = "Reading texts";
  await interruptible(
    () =>
      withBar({ progress }, { label, total: tokens.length }, (bar) =>
        eachText(head, tokens, { progress: bar, signal }, (text, { activation, prediction }) =>
          table.put(text, activation, prediction),
        ),
      ),
    signal,
  );
  // As it is when it is read back: −0 is 0 in JSON.
  const found = JSON.parse(
    JSON.stringify({ ...examplesOf(head, table, choices, seed), truncated }),
  );
  if (file) await keepExamples(file, found);
  return found;
}

function checked(given: Partial<typeof CHOICES>): typeof CHOICES {
  const choices = { ...CHOICES };
  for (const [key, value] of Object.entries(given)) {
    if (!(key in CHOICES)) {
      throw new InputError("topActivating has no such option", {
        found: key,
        expected: [
          ...Object.keys(CHOICES),
          "count",
          "seed",
          "prependBos",
          "progress",
          "signal",
          "cacheFolder",
        ].join(", "),
      });
    }
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new InputError(`${key} is not a number of them`, {
        found: String(value),
        expected: "a whole number from 0",
      });
    }
    choices[key as keyof typeof CHOICES] = value;
  }
  return choices;
}

function examplesOf(
  head: BoundHead,
  table: PositionTable,
  choices: typeof CHOICES,
  seed: number,
): Omit<CorpusExamples, "truncated"> {
  const { activation, prediction } = table;
  const { k, firstPosition } = choices;
  const rows = rowsFrom(table, firstPosition);
  if (rows.length === 0) {
    throw new InputError("no text has a position that counts", {
      found: `texts of at most ${Math.max(...table.texts.map((ids) => ids.length))} tokens`,
      expected: `more than firstPosition, ${firstPosition}`,
    });
  }
  const error = predictionError(head.files.config);
  const errorAt = (row: number) =>
    typeof error === "string" ? null : error.of(activation[row], prediction[row]);
  const example = (row: number): CorpusExample =>
    exampleAt(head, table, row, choices, errorAt(row));
  const top = (score: (row: number) => number) =>
    topRows(table, score, { k, firstPosition }).map(example);
  const [activations, predictions] = [activation, prediction].map((all) =>
    Float64Array.from(rows, (row) => all[row]),
  );
  const deciles = decileRows(
    table,
    rows,
    { each: choices.perDecile, firstPosition },
    randomStream(seed, "examples by decile"),
  );
  const drawn = sampledRows(rows, choices.points, randomStream(seed, "points of a corpus"));
  const places = drawn.map((row) => {
    const text = table.textOf(row);
    return { text, position: row - table.starts[text] };
  });
  return {
    hook: head.hook,
    index: head.index,
    texts: table.texts.length,
    positions: rows.length,
    activation: summary(activations),
    prediction: summary(predictions),
    correlation: pearsonCorrelation(activations, predictions),
    error:
      typeof error === "string"
        ? { means: error, mean: null }
        : {
            means: error.means,
            mean: rows.reduce((sum, row) => sum + errorAt(row)!, 0) / rows.length,
          },
    strongest: top((row) => activation[row]),
    weakest: top((row) => -activation[row]),
    mostWrong: typeof error === "string" ? [] : top((row) => errorAt(row)!),
    deciles: deciles.map(({ rows: ofDecile, ...decile }) => ({
      ...decile,
      examples: ofDecile.map(example),
    })),
    points: {
      text: places.map(({ text }) => text),
      position: places.map(({ position }) => position),
      strToken: places.map(
        ({ text, position }) => head.model.toStrTokens([table.texts[text][position]])[0],
      ),
      activation: drawn.map((row) => activation[row]),
      prediction: drawn.map((row) => prediction[row]),
    },
  };
}

function exampleAt(
  { model }: BoundHead,
  table: PositionTable,
  row: number,
  { before, after }: typeof CHOICES,
  error: number | null,
): CorpusExample {
  const { texts, starts, activation, prediction } = table;
  const text = table.textOf(row);
  const position = row - starts[text];
  const from = Math.max(position - before, 0);
  const ids = texts[text].slice(from, position + after + 1);
  const values = (all: Float32Array | Float64Array) =>
    Array.from(all.subarray(starts[text] + from, starts[text] + from + ids.length));
  return {
    ...{ text, position, from },
    strTokens: model.toStrTokens(ids),
    activation: values(activation),
    prediction: values(prediction),
    error,
  };
}

function summary(values: Float64Array): CorpusExamples["activation"] {
  const { mean, std, min, max } = vectorStatistics(values);
  const { edges, counts } = histogram([values], { bins: BINS });
  return { mean, std, min, max, histogram: { edges, counts: counts[0] } };
}
