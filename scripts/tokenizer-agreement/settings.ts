/** Tokenizers with settings drawn at random: which file names which special or added token, and with what rules. */
import { BYTE_ALPHABET } from "../../src/model/tokenizer/byte-alphabet";
import { Draws } from "./draws";
import type { FolderFiles } from "./variants";

type Json = Record<string, unknown>;

const CONTENTS = [
  "<s>",
  "</s>",
  "tok_1",
  "tok_12",
  "too",
  "<mask>",
  "the",
  "x y",
  "étude",
  "<|endoftext|>",
  "Word",
] as const;

const ROLES = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "mask_token"];
const EXTRA = ["additional_special_tokens", "extra_special_tokens"];

const MERGES = ["Ġ t", "h e", "Ġt he", "o o", "t oo", "Ã ©"];

/** So many folders by name, always the same from one seed. */
export function randomSettings(count: number, seed: number): Record<string, FolderFiles> {
  const draws = new Draws(seed);
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`settings-${i}`, randomFolder(draws)]),
  );
}

function randomFolder(draws: Draws): FolderFiles {
  const tokens: string[] = [...BYTE_ALPHABET, ...MERGES.map((merge) => merge.replace(" ", ""))];
  tokens.push(...some(draws, 10));
  const vocab = Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
  const isSlow = draws.percent(30);
  const files: Record<string, unknown> = {
    "config.json": { model_type: "gpt2" },
    ...(isSlow
      ? { "vocab.json": vocab, "merges.txt": `${["#version: 0.2", ...MERGES].join("\n")}\n` }
      : { "tokenizer.json": tokenizerJson(draws, vocab) }),
  };
  if (draws.percent(80)) files["tokenizer_config.json"] = config(draws, vocab, isSlow);
  if (draws.percent(40)) {
    files["special_tokens_map.json"] = {
      ...roles(draws, (content) => ({ content, ...flags(draws) })),
      ...(draws.percent(30) && { [draws.from(EXTRA)]: some(draws, 20) }),
    };
  }
  if (draws.percent(isSlow ? 50 : 15)) {
    const added = numbered(some(draws, 30), vocab);
    files["added_tokens.json"] = Object.fromEntries(added.map(([id, content]) => [content, id]));
  }
  return files;
}

function tokenizerJson(draws: Draws, vocab: Record<string, number>): Json {
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: draws.percent(40),
    trim_offsets: true,
    use_regex: true,
  };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: numbered(some(draws, 35), vocab).map(([id, content]) => ({
      id,
      content,
      ...flags(draws),
      special: draws.percent(50),
    })),
    normalizer: draws.percent(20) ? { type: "Lowercase" } : null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { ...(draws.percent(50) && { type: "BPE" }), vocab, merges: MERGES },
  };
}

function config(draws: Draws, vocab: Record<string, number>, isSlow: boolean): Json {
  const classes = isSlow
    ? ["GPT2Tokenizer", "GPT2TokenizerFast"]
    : ["GPT2Tokenizer", "GPT2TokenizerFast", "PreTrainedTokenizerFast", "CodeGenTokenizer", "Own"];
  const added = numbered(some(draws, 40), vocab);
  return {
    ...(draws.percent(60) && { tokenizer_class: draws.from(classes) }),
    ...roles(draws, (content) => ({ __type: "AddedToken", content, ...flags(draws) })),
    ...(draws.percent(20) && { image_token: draws.from(CONTENTS) }),
    ...(draws.percent(20) && { [draws.from(EXTRA)]: some(draws, 20) }),
    ...(draws.percent(30) && { add_prefix_space: draws.percent(60) }),
    ...(draws.percent(15) && { split_special_tokens: true }),
    ...(draws.percent(30) && {
      added_tokens_decoder: Object.fromEntries(
        added.map(([id, content]) => [
          id,
          { content, ...flags(draws), special: draws.percent(50) },
        ]),
      ),
    }),
  };
}

function flags(draws: Draws): Json {
  return {
    single_word: draws.percent(20),
    lstrip: draws.percent(25),
    rstrip: draws.percent(25),
    normalized: draws.percent(40),
  };
}

/** Some roles with their tokens, as text or as an object, or expressly with none. */
function roles(draws: Draws, asObject: (content: string) => Json): Json {
  const chosen = ROLES.filter(() => draws.percent(35));
  return Object.fromEntries(
    chosen.map((role) => {
      const content = draws.from(CONTENTS);
      return [role, draws.percent(10) ? null : draws.percent(60) ? content : asObject(content)];
    }),
  );
}

function some(draws: Draws, percent: number): string[] {
  return CONTENTS.filter(() => draws.percent(percent));
}

/** Tokens with the ids that they have or would get. */
function numbered(contents: string[], vocab: Record<string, number>): [number, string][] {
  let next = Object.keys(vocab).length;
  return contents.map((content) => [vocab[content] ?? next++, content]);
}
