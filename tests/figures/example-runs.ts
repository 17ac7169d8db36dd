import { randomStream } from "../../src/stats/random-stream";

/** Numbers of the shapes that head.run, topActivating, doseResponse and causalMap give. */
const stream = randomStream(1, "example runs");

const list = <T>(length: number, of: (i: number) => T) => Array.from({ length }, (_, i) => of(i));

/** Words, pieces of words, blanks, line breaks, tags, other scripts, emoji, and what is no character. */
const TOKENS = ["The", " king", " said", ",", ' "', "No", "!", "\n\n", "\t", " ", "<b>", "&amp;", " שלום", " مرحبا", "你好", "👑", "�", "ing", " W", "M".repeat(40), " it", " was"]; // biome-ignore format: one line

export function exampleRun(length: number) {
  const strTokens = list(length, (i) => TOKENS[i % TOKENS.length]);
  const activation = list(length, () => 3 * stream.gaussian());
  return {
    strTokens,
    activation,
    prediction: activation.map((value) => 0.6 * value + stream.gaussian()),
    position: length - 1,
  };
}

export function exampleExamples(count: number) {
  return list(count, (text) => {
    const position = 3 * text + 2;
    const from = Math.max(position - 24, 0);
    const error = text % 3 === 0 ? null : 1.25;
    return { ...exampleRun(position - from + 9), ...{ text, position, from, error } };
  });
}

export function exampleCorpus(points: number) {
  const { strTokens, activation, prediction } = exampleRun(points);
  const edges = list(41, (i) => -10 + i / 2);
  const counts = list(40, (i) => activation.filter((value) => Math.floor(2 * (value + 10)) === i).length); // biome-ignore format: one line
  return {
    error: { mean: 0.5 as number | null },
    ...{
      texts: 30,
      positions: 12_345,
      correlation: 0.86,
      activation: { histogram: { edges, counts } },
    },
    points: {
      text: list(points, (i) => i % 30),
      position: list(points, (i) => i % 17),
      ...{ strToken: strTokens, activation, prediction },
    },
  };
}

export function exampleDose(texts: number, values = 21) {
  const steps = list(values, (i) => -1 + (2 * i) / Math.max(values - 1, 1));
  const whyFlat: string | null = null;
  return {
    ...{ hook: "blocks.2.mlp.hook_post", index: 52, values: steps, whyFlat },
    texts: list(texts, (i) => ({
      text: i % 4 === 3 ? null : `text ${i} <b>with</b> "tags" & שלום 👑 ${"and on ".repeat(i)}`,
      tokens: [5, 1, i],
      clean: { activation: 0.3 - i / 10, prediction: 1 + i + Math.tanh(0.3 - i / 10) },
      prediction: steps.map((value) => 1 + i + Math.tanh(value)),
    })),
  };
}

export function exampleMap(tokens: number, layers: number) {
  const rows = () => list(layers, () => list(tokens, () => stream.gaussian()));
  return {
    ...{ strTokens: exampleRun(tokens).strTokens, layers: list(layers, (i) => i), clean: 0.5 },
    ...{ attn: rows(), mlp: rows(), meanOver: { texts: 100, positions: 2152 } },
  };
}
