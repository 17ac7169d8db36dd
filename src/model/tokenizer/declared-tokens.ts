import type { AddedToken } from "./added-tokens";
import { isObject, isTokenId, JsonObject } from "./json-object";
import type { TokenizerClass } from "./tokenizer-class";
import type { TokenizerFiles } from "./tokenizer-files";

export const END_OF_TEXT = "<|endoftext|>";

/** Special tokens that every tokenizer class of transformers knows, in its order. */
const SPECIAL_TOKENS = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** What a class names where its files do not. */
const DEFAULTS: Record<TokenizerClass, readonly (readonly [role: string, content: string])[]> = {
  gpt2: [
    ["bos_token", END_OF_TEXT],
    ["eos_token", END_OF_TEXT],
    ["unk_token", END_OF_TEXT],
  ],
  bert: [
    ["unk_token", "[UNK]"],
    ["sep_token", "[SEP]"],
    ["pad_token", "[PAD]"],
    ["cls_token", "[CLS]"],
    ["mask_token", "[MASK]"],
  ],
  "as written": [],
};

/** Special and added tokens as a tokenizer's files declare them. */
export interface DeclaredTokens {
  /** In the order in which Python adds them: those of the tokenizer itself, then all others. */
  readonly batches: readonly (readonly AddedToken[])[];
  /** The special tokens that have a role, such as `bos_token`. */
  readonly byRole: ReadonlyMap<string, AddedToken>;
}

/**
 * Reads what tokenizer.json, tokenizer_config.json, special_tokens_map.json and added_tokens.json say of special and
 * added tokens, as transformers 5 does.
 *
 * @param kind the classes GPT2Tokenizer and BertTokenizer have no tokens of their own but names for some roles
 * @throws ModelConfigError if one is not what it should be.
 */
export function declaredTokens(files: TokenizerFiles, kind: TokenizerClass): DeclaredTokens {
  const { tokenizer } = files;
  const inFile = tokenizer?.value("added_tokens") === undefined ? [] : addedInFile(tokenizer);
  const byRole = specialTokens(files, kind);
  const own = kind !== "as written" ? [] : inFile.map(({ token }) => token);
  return { batches: [own, moreTokens(files, inFile, byRole, own)], byRole };
}

interface NumberedToken {
  readonly id: number;
  readonly token: AddedToken;
}

function addedInFile(tokenizer: JsonObject): NumberedToken[] {
  return tokenizer
    .objects("added_tokens", Number.POSITIVE_INFINITY)
    .map((token) => ({ id: token.count("id"), token: addedToken(token) }));
}

function addedToken(token: JsonObject, isSpecial = false): AddedToken {
  const special = isSpecial || token.flag("special", false);
  return {
    content: token.text("content"),
    singleWord: token.flag("single_word", false),
    lstrip: token.flag("lstrip", false),
    rstrip: token.flag("rstrip", false),
    normalized: token.flag("normalized", !special),
    special,
  };
}

function specialToken(content: string): AddedToken {
  return {
    content,
    singleWord: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
}

/** A special token stands as text or as an object with the text in it. */
function asSpecialToken(value: unknown, file: string, key: string): AddedToken | undefined {
  if (typeof value === "string") return specialToken(value);
  return isObject(value) ? addedToken(new JsonObject(value, file, key), true) : undefined;
}

/** The special tokens that have a role, by the role's name, in transformers' order; special_tokens_map.json wins. */
function specialTokens(files: TokenizerFiles, kind: TokenizerClass): Map<string, AddedToken> {
  const found = new Map<string, AddedToken | undefined>([
    ...SPECIAL_TOKENS.map((key) => [key, undefined] as const),
    ...DEFAULTS[kind].map(([key, content]) => [key, specialToken(content)] as const),
    ...tokensByRole(files.config),
    ...tokensByRole(specialTokensMap(files)),
  ]);
  return new Map([...found].flatMap(([key, token]) => (token ? [[key, token]] : [])));
}

/** The tokens that a file gives a role; undefined where it expressly gives none. */
function tokensByRole(
  file: JsonObject | undefined,
): [role: string, token: AddedToken | undefined][] {
  return (file?.keys() ?? []).flatMap((key) => {
    if (!key.endsWith("_token")) return [];
    const value = file!.value(key);
    const token = asSpecialToken(value, file!.file, key);
    return token || value === undefined ? [[key, token]] : [];
  });
}

/**
 * Tokens that are added to those that a tokenizer has of its own: the numbered ones in the order of their numbers (of
 * `added_tokens_decoder`, else of added_tokens.json and tokenizer.json), then special ones that are not among them.
 */
function moreTokens(
  files: TokenizerFiles,
  inFile: readonly NumberedToken[],
  special: ReadonlyMap<string, AddedToken>,
  own: readonly AddedToken[],
): AddedToken[] {
  const { config } = files;
  const map = specialTokensMap(files);
  const inConfig = extraTokens(config, "extra_special_tokens");
  const extra = [
    ...(inConfig.length > 0 ? inConfig : extraTokens(config, "additional_special_tokens")),
    ...extraTokens(map, "extra_special_tokens"),
  ];
  const more = extra.length > 0 ? extra : extraTokens(map, "additional_special_tokens");
  const numbered = numberedTokens(files, inFile, extra).sort((a, b) => a.id - b.id);
  const named = new Set([...special.values()].map(({ content }) => content));
  const tokens = numbered.map(({ token }) =>
    named.has(token.content) ? { ...token, special: true } : token,
  );
  const present = new Set([...own, ...tokens].map(({ content }) => content));
  const others = [...special.values(), ...more].filter(({ content }) => !present.has(content));
  const once = new Map(others.map((token) => [JSON.stringify(token), token]));
  return [...tokens, ...once.values()];
}

/** special_tokens_map.json counts where tokenizer_config.json has no `added_tokens_decoder`. */
function specialTokensMap({ config, specialTokensMap }: TokenizerFiles): JsonObject | undefined {
  return config?.value("added_tokens_decoder") === undefined ? specialTokensMap : undefined;
}

function numberedTokens(
  files: TokenizerFiles,
  inFile: readonly NumberedToken[],
  extra: readonly AddedToken[],
): NumberedToken[] {
  const { config, addedTokens } = files;
  if (config?.value("added_tokens_decoder") !== undefined) {
    const decoder = config.object("added_tokens_decoder");
    return decoder.keys().map((key) => {
      const id = Number(key);
      if (!isTokenId(id)) throw decoder.notUsable(key, key, "token ids as keys");
      return { id, token: addedToken(decoder.object(key)) };
    });
  }
  // What tokenizer_config.json has as an object is no token yet where transformers looks for it here.
  const special = new Set<unknown>([
    ...tokensByRole(config).flatMap(([role]) => config!.value(role)),
    ...tokensByRole(specialTokensMap(files)).map(([, token]) => token?.content),
    ...extra.map(({ content }) => content),
  ]);
  const byId = new Map<number, AddedToken>();
  for (const content of addedTokens?.keys() ?? []) {
    const isSpecial = special.has(content);
    const token = { ...specialToken(content), normalized: !isSpecial, special: isSpecial };
    byId.set(addedTokens!.count(content), token);
  }
  for (const { id, token } of inFile) byId.set(id, token);
  return [...byId].map(([id, token]) => ({ id, token }));
}

/** Special tokens without a role. */
function extraTokens(from: JsonObject | undefined, key: string): AddedToken[] {
  const value = from?.value(key);
  const values = isObject(value) ? Object.values(value) : Array.isArray(value) ? value : [];
  return values.flatMap((each) => asSpecialToken(each, from!.file, key) ?? []);
}
