import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { defaultTexts } from "../../src/training/default-texts";
import { samplePrefixes } from "../../src/training/sample-prefixes";

const paragraphs = [
  "The king rode out. He came to a wood and lost his way there in the dark.",
  "Too short",
  "“Who are you?” said the fox. The hare did not answer him at all.",
];

test("a text is a run of words from the beginning of a sentence, one a paragraph", () => {
  for (let seed = 0; seed < 50; seed++) {
    const texts = samplePrefixes(paragraphs, { count: 10, minWords: 3, maxWords: 5, seed });
    assert.equal(texts.length, 2);
    for (const text of texts) {
      const words = text.split(" ").length;
      assert.ok(words >= 3 && words <= 5, text);
      assert.match(text, /^(The king|He came|“Who are|The hare)/);
      assert.ok(paragraphs.some((paragraph) => paragraph.includes(text)));
    }
  }
});

test("the same seed gives the same texts, another seed others", () => {
  const draw = (seed: number) => samplePrefixes(paragraphs, { count: 2, seed });
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

test("limits that allow no text are refused", () => {
  const refused: Parameters<typeof samplePrefixes>[1][] = [
    { count: 0 },
    { count: 1, minWords: 5, maxWords: 4 },
    { count: 1, minWords: 100, maxWords: 200 },
  ];
  for (const options of refused) {
    assert.throws(() => samplePrefixes(paragraphs, options), InputError);
  }
});

test("the default texts end in many different words and rarely repeat", async () => {
  const texts = await defaultTexts({ count: 500 });
  assert.equal(texts.length, 500);
  assert.ok(new Set(texts).size > 490);
  assert.ok(new Set(texts.map((text) => text.split(" ").at(-1))).size > 250);
});
