/** A tokenizer.json of these tokens, without merges, which puts ▁ before a text and for spaces as Llama 2's does. */
export function llamaStyleTokenizer(vocab: Readonly<Record<string, number>>): object {
  return {
    ...{ version: "1.0", truncation: null, padding: null, added_tokens: [] },
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    ...{ pre_tokenizer: null, post_processor: null, decoder: null },
    model: { type: "BPE", vocab, merges: [], unk_token: "<unk>", byte_fallback: false },
  };
}

/** Token → id of an unknown one, of ▁, and of these. */
export function vocabularyOf(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(["<unk>", "▁", ...tokens].map((token, id) => [token, id]));
}

/** The printable characters of ASCII: 96 ids with the two that every vocabulary has. */
export const CHARACTERS: readonly string[] = Array.from({ length: 94 }, (_, i) =>
  String.fromCharCode(33 + i),
);
