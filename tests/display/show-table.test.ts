import assert from "node:assert/strict";
import { test } from "node:test";
import { showTable } from "../../src/display/show-table";
import { headed } from "../../src/text/headed";
import { inFakeKernel } from "./fake-kernel";

const rows = [
  { prompt: "a <b>", slope: 0.123456, r_squared: null },
  { prompt: "longer one", slope: -12345.678, r_squared: 1 },
];

async function shown(run: () => void): Promise<{ html: string; text: string }> {
  const outputs = await inFakeKernel(run);
  assert.equal(outputs.length, 1);
  const { data } = outputs[0]!;
  assert.deepEqual(Object.keys(data), ["text/html", "text/plain"]);
  return { html: String(data["text/html"]), text: String(data["text/plain"]) };
}

test("one output: a plain table as HTML, and aligned text", async () => {
  const { html, text } = await shown(() => showTable(rows, { caption: "Sensitivity" }));
  assert.equal(
    text,
    [
      "Sensitivity",
      "prompt        slope  r squared",
      "──────────  ───────  ─────────",
      "a <b>         0.123          –",
      "longer one  −12,346          1",
    ].join("\n"),
  );
  assert.match(html, /^<table>\n<caption>Sensitivity<\/caption>\n<thead>/);
  assert.match(html, /<td style="text-align: left">a &lt;b&gt;<\/td>/);
  assert.match(html, /<td style="text-align: right">−12,346<\/td>/);
  assert.doesNotMatch(html, /<(script|style)/);
});

test("headings are words: the key's own, or those that the rows bring; p-values have two digits", async () => {
  const tests = headed(
    [
      { r_squared: 0.91234, p: 0.01234, rank_in_layer: { rank: 1, of: 9 } },
      { r_squared: 0.5, p: 1.4e-23, rank_in_layer: { rank: null, of: 0 } },
    ],
    { r_squared: "R²", p: { heading: "p by Holm", isProbability: true } },
  );
  const { text } = await shown(() => showTable(tests));
  assert.equal(
    text,
    [
      "   R²  p by Holm  rank in layer",
      "─────  ─────────  ─────────────",
      "0.912      0.012  rank 1 of 9",
      "  0.5   < 0.0001  no rank",
    ].join("\n"),
  );
  const names = await shown(() => showTable([{ "W_in @ W_out[:, n]": 1 }]));
  assert.match(names.text, /^W_in @ W_out\[:, n\]\n/);
  // What the rows are is the same as before.
  assert.deepEqual(Object.keys(tests), ["0", "1"]);
  assert.equal(JSON.stringify(headed([{ a: 1 }], { a: "b" })), '[{"a":1}]');
});

test("a long table is folded behind what is to be read of it; as text that stands alone", async () => {
  const many = Array.from({ length: 24 }, (_, i) => ({ test: i }));
  const { html, text } = await shown(() =>
    showTable(many, { caption: "Every <test>", folded: "2 of 24 < all" }),
  );
  assert.equal(text, "2 of 24 < all\n(Every <test>: 24 rows, folded)");
  assert.match(html, /^<details>\n<summary>2 of 24 &lt; all<\/summary>\n<table>/);
  assert.match(html, /<\/table>\n<\/details>$/);
  assert.equal(html.match(/<tr>/g)!.length, 25);
});

test("columns are chosen, named and formatted", async () => {
  const { text } = await shown(() =>
    showTable(rows, {
      columns: [
        { key: "slope", label: "slope of the fit", format: (slope) => `${slope}!` },
        "prompt",
      ],
    }),
  );
  assert.equal(
    text,
    [
      "slope of the fit  prompt",
      "────────────────  ──────────",
      "       0.123456!  a <b>",
      "     -12345.678!  longer one",
    ].join("\n"),
  );
});

test("no rows is a table with its headings", async () => {
  const { text, html } = await shown(() => showTable([] as typeof rows, { columns: ["prompt"] }));
  assert.equal(text, "prompt\n──────");
  assert.match(html, /<th/);
});

test("a cell of several lines stays in its row", async () => {
  const { text } = await shown(() => showTable([{ prompt: "def f():\n    return" }]));
  assert.equal(text.split("\n").length, 3);
});

test("outside of a kernel it prints the text", (t) => {
  const log = t.mock.method(console, "log", () => undefined);
  showTable(rows);
  assert.match(String(log.mock.calls[0]?.arguments[0]), /^prompt +slope/);
});
