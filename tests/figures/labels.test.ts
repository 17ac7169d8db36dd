import assert from "node:assert/strict";
import { test } from "node:test";
import { placeLabels } from "../../src/figures/place-labels";
import { promptHover, promptTitle } from "../../src/figures/prompt-label";
import { escapeHtml } from "../../src/text/escape-html";
import { formatNumber } from "../../src/text/format-number";
import { shortenMiddle } from "../../src/text/shorten-middle";
import { wrapWords } from "../../src/text/wrap-words";

test("shortenMiddle keeps both ends, and short texts whole", () => {
  assert.equal(shortenMiddle("short", 5), "short");
  assert.equal(shortenMiddle("0123456789", 5), "01…89");
  assert.equal(shortenMiddle("0123456789", 4), "01…9");
  assert.equal(shortenMiddle("The quick brown fox", 11), "The q…n fox");
  assert.equal(shortenMiddle("", 5), "");
});

test("shortenMiddle never cuts what a reader sees as one character", () => {
  // A family of four joined characters, and an e with a combining accent.
  const family = "👨‍👩‍👧‍👦";
  assert.equal(shortenMiddle(family.repeat(6), 3), `${family}…${family}`);
  assert.equal(shortenMiddle("e\u0301".repeat(9), 3), "e\u0301…e\u0301");
});

test("shortenMiddle has no space beside the ellipsis", () => {
  assert.equal(shortenMiddle("ab cdefgh ij", 7), "ab…ij");
});

test("formatNumber: three digits, a real minus, a dash for what does not exist", () => {
  const cases: [number | null | undefined, string][] = [
    [0, "0"],
    [-0, "0"],
    [0.123456, "0.123"],
    [-0.03, "−0.03"],
    [12345.678, "12,346"],
    [-1234567, "−1,234,567"],
    [1e7, "1e7"],
    [-1.5e-5, "−1.5e−5"],
    [1e-4, "0.0001"],
    [null, "–"],
    [undefined, "–"],
    [Number.NaN, "–"],
    [Number.POSITIVE_INFINITY, "∞"],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
  assert.equal(formatNumber(0.123456, 2), "0.12");
});

test("prompts are safe to draw, on one line in titles and whole in hover labels", () => {
  assert.equal(escapeHtml(`<a href="x">&'`), "&lt;a href=&#34;x&#34;&gt;&amp;&#39;");
  assert.equal(promptTitle("a\n\tb", 10), "a\\n\\tb");
  assert.equal(promptTitle("<b>", 10), "&lt;b&gt;");
  const long = "word ".repeat(30).trim();
  const lines = promptHover(long).split("<br>");
  assert.equal(lines.join(" "), long);
  assert.ok(lines.every((line) => line.length <= 60));
});

test("wrapWords breaks between words only", () => {
  assert.deepEqual(wrapWords("MLP output weights", 12), ["MLP output", "weights"]);
  assert.deepEqual(wrapWords("incomprehensibilities", 5), ["incomprehensibilities"]);
  assert.deepEqual(wrapWords("", 5), [""]);
});

test("placeLabels: first free place, none where all are taken", () => {
  const above = { x: 0, y: 20 };
  const below = { x: 0, y: -20 };
  const at = (x: number, y: number) => ({ x, y, label: "label" });
  assert.deepEqual(placeLabels([at(0, 0)], [above, below]), [above]);
  assert.deepEqual(placeLabels([at(0, 0), at(100, 0)], [above, below]), [above, above]);
  assert.deepEqual(placeLabels([at(0, 0), at(10, 0)], [above, below]), [above, below]);
  assert.deepEqual(placeLabels([at(0, 0), at(10, 0), at(20, 0)], [above, below]), [
    above,
    below,
    null,
  ]);
});
