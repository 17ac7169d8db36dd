import assert from "node:assert/strict";
import { test } from "node:test";
import { showTable } from "../../src/display/show-table";
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
      "prompt        slope  r_squared",
      "──────────  ───────  ─────────",
      "a <b>        0.1235          –",
      "longer one  −12,350          1",
    ].join("\n"),
  );
  assert.match(html, /^<table>\n<caption>Sensitivity<\/caption>\n<thead>/);
  assert.match(html, /<td style="text-align: left">a &lt;b&gt;<\/td>/);
  assert.match(html, /<td style="text-align: right">−12,350<\/td>/);
  assert.doesNotMatch(html, /<(script|style)/);
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
