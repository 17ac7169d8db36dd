/** Texts that tokenizers are compared on: what people write, and what has made tokenizers differ. */
import { corpusParagraphs } from "../base-model/corpus";
import { Draws } from "./draws";
import { ADDED_CONTENTS } from "./variants";

/** All that Unicode 17 assigns and 15 does not: libraries differ by the version of their tables. */
const NEWER_RANGES = [
  String.raw`\u088F\u0897\u0C5C\u0CDC\u1ACF-\u1ADD\u1AE0-\u1AEB\u1B4E-\u1B4F\u1B7F\u1C89-\u1C8A\u20C1`,
  String.raw`\u2427-\u2429\u2B96\u2FFC-\u2FFF\u31E4-\u31E5\u31EF\uA7CB-\uA7CF\uA7D2\uA7D4\uA7DA-\uA7DC`,
  String.raw`\uA7F1\uFBC3-\uFBD2\uFD90-\uFD91\uFDC8-\uFDCE\u{105C0}-\u{105F3}\u{10940}-\u{10959}`,
  String.raw`\u{10D40}-\u{10D65}\u{10D69}-\u{10D85}\u{10D8E}-\u{10D8F}\u{10EC2}-\u{10EC7}`,
  String.raw`\u{10ED0}-\u{10ED8}\u{10EFA}-\u{10EFC}\u{11380}-\u{113E2}\u{116D0}-\u{116E3}`,
  String.raw`\u{11B60}-\u{11B67}\u{11BC0}-\u{11BF9}\u{11DB0}-\u{11DE9}\u{11F5A}\u{13460}-\u{143FA}`,
  String.raw`\u{16100}-\u{16139}\u{16D40}-\u{16D79}\u{16EA0}-\u{16ED3}\u{16FF2}-\u{16FF6}`,
  String.raw`\u{187F8}-\u{187FF}\u{18CFF}\u{18D09}-\u{18DF2}\u{1CC00}-\u{1CEF0}\u{1E5D0}-\u{1E5FF}`,
  String.raw`\u{1E6C0}-\u{1E6FF}\u{1F6D8}\u{1F777}-\u{1F77A}\u{1F8B2}-\u{1F8D8}\u{1FA54}-\u{1FA57}`,
  String.raw`\u{1FA89}-\u{1FA8A}\u{1FA8E}-\u{1FA8F}\u{1FABE}\u{1FAC6}\u{1FAC8}\u{1FACD}\u{1FADC}\u{1FADF}`,
  String.raw`\u{1FAE9}-\u{1FAEA}\u{1FAEF}\u{1FBCB}-\u{1FBEF}\u{1FBFA}\u{2B73A}-\u{2B73F}`,
  String.raw`\u{2CEA2}-\u{2CEAD}\u{2EBF0}-\u{2EE5D}\u{323B0}-\u{33479}`,
].join("");
const NEWER = new RegExp(`[${NEWER_RANGES}\\p{Cn}]`, "u");

/** Whether every character of a text was assigned in Unicode 15.0. */
export function isOfUnicode15(text: string): boolean {
  return !NEWER.test(text);
}

const CATEGORIES =
  "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split(" ");

/** Unicode's white space, and what other definitions of it have or lack. */
const SPACES = [
  ..."\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
  ..."\u001c\u001d\u001e\u001f\u180e\u200b\u200c\u200d\u2060\ufeff\u0000",
  "\r\n",
  "  ",
  "\n\n",
];

const WORDS =
  "the tooth too Word a I'm he'll THEY'VE it's can't 'tis don’t we'D l'ſ 'ſ 123 4567 0 ½ ² Ⅷ ١٢٣ １２ e\u0301 étude naïve Straße ΣΊΣΥΦΟΣ İstanbul ǅ ﬁ Ω Å 汉字 日本語 ひらがな カタカナ 한국어 \u1112\u1161\u11ab हिन्दी ไทย العربية עברית ქართული tok_1 tok_12 <mask> <|endoftext|> snake_case camelCase x y ʕ ʼn".split(
    " ",
  );

const SIGNS =
  "! ? . , ; : … — - _ ' \" ( ) [ ] { } < > / \\ | @ # $ € % ^ & * + = ~ ` « » ™ ▁ ▁▁ Ġ Ċ ��".split(
    " ",
  );

const EMOJI = [
  "😀",
  "👍🏽",
  "👩‍💻",
  "👨‍👩‍👧‍👦",
  "🏳️‍🌈",
  "🇩🇪",
  "🇩",
  "1️⃣",
  "❤️",
  "☺︎",
  "🫠",
  "🧑🏿‍🤝‍🧑🏻",
  "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}",
];

const CODE = [
  "for (let i = 0; i < n; i++) {\n\tsum += a[i];\n}",
  "def f(x, *, y=None):\n    return {**x, 'y': y}  # comment\n\n\n",
  "SELECT * FROM `t` WHERE id != 10 AND name LIKE '%a_b%';",
  "https://example.org/a?b=c&d=%20#e",
  "\\frac{1}{2} \\sum_{i=0}^{n} x_i^2",
  '<div class="a">&nbsp;</div>\r\n',
  "0x1F 1e-10 3.14159 1,000,000 2026-11-27T22:00:00Z",
  "\x1b[31mred\x1b[0m",
  "if __name__ == '__main__':\n        main()\n",
];

/** So many texts, always the same from one seed; some with characters that are newer than Unicode 15. */
export function agreementStrings(count: number, seed: number): string[] {
  const draws = new Draws(seed);
  const paragraphs = corpusParagraphs("valid");
  const characters = charactersByCategory();
  const anyCharacter = () => draws.from(characters.get(draws.from(CATEGORIES))!);
  const space = () => draws.from(SPACES);
  const anything = () =>
    draws.from([
      () => draws.from(WORDS),
      () => draws.from(SIGNS),
      () => draws.from(EMOJI),
      () => draws.from<string>(ADDED_CONTENTS),
      space,
      () => " ",
      anyCharacter,
    ])();
  const kinds: (() => string)[] = [
    () => draws.times(12, anything),
    () => draws.times(8, () => draws.from(WORDS) + space()),
    () => draws.times(6, () => space() + draws.from(SIGNS) + draws.from(WORDS)),
    () => draws.times(10, anyCharacter),
    () => draws.times(6, () => space() + anyCharacter()),
    () =>
      draws.times(
        5,
        () => draws.from(WORDS) + draws.times(4, () => draws.from(characters.get("Mn")!)),
      ),
    () => draws.times(4, () => draws.from(EMOJI) + draws.from(["", " ", "\u200d", "\ufe0f", "a"])),
    () => draws.from(CODE) + draws.from(["", space(), draws.from(CODE)]),
    () => randomBytes(draws),
    () =>
      draws.from([..."a \n0.é字😀▁", ...SPACES]).repeat(1 + draws.below(300)) +
      draws.from(["", "b", " ", "\n"]),
    () =>
      draws.times(
        6,
        () => draws.from<string>(ADDED_CONTENTS) + draws.from(["", " ", "x", ".", space()]),
      ),
    () => draws.from(paragraphs).slice(0, 300),
    () => draws.times(3, () => draws.from(characters.get("newer")!) + draws.from(WORDS)),
  ];
  return Array.from({ length: count }, (_, i) => kinds[i % kinds.length]());
}

/** Bytes as text, what is no UTF-8 as �; whole characters among them. */
function randomBytes(draws: Draws): string {
  const bytes = Array.from({ length: 1 + draws.below(40) }, () => draws.below(256));
  const around = Buffer.from(draws.from(WORDS));
  return Buffer.concat([Buffer.from(bytes), around, Buffer.from(bytes.reverse())]).toString("utf8");
}

/** Characters by general category, of Unicode 15; the newer ones under `newer`. */
function charactersByCategory(): Map<string, string[]> {
  const expressions = CATEGORIES.map((name) => [name, new RegExp(`^\\p{${name}}$`, "u")] as const);
  const found = new Map<string, string[]>([...CATEGORIES, "newer"].map((name) => [name, []]));
  for (let code = 0; code < 0x110000; code++) {
    // Most of the last planes are for private use.
    if ((code >= 0xd800 && code < 0xe000) || (code > 0xe100 && code < 0xf000)) continue;
    if (code > 0x34000 && code < 0xe0000) continue;
    if (code > 0xe01ff && code % 997 !== 0) continue;
    const character = String.fromCodePoint(code);
    if (!isOfUnicode15(character)) {
      if (!/\p{Cn}/u.test(character)) found.get("newer")!.push(character);
      continue;
    }
    const name = expressions.find(([, expression]) => expression.test(character))?.[0];
    if (name) found.get(name)!.push(character);
  }
  return found;
}
