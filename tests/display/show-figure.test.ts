import assert from "node:assert/strict";
import { test } from "node:test";
import { closeBrowser } from "../../src/display/browser";
import { showFigure } from "../../src/display/show-figure";
import { exampleFigures } from "../experiments/example-data";
import { browserForTests } from "./browser-for-tests";
import { inFakeKernel } from "./fake-kernel";

const fig = exampleFigures().weight_similarity_comparison!;
const browser = browserForTests();

test("one output: live, a picture, and words", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const outputs = await inFakeKernel(() => showFigure(fig, { name: "similarity" }));
  assert.equal(outputs.length, 1);
  const { data, metadata } = outputs[0]!;
  assert.deepEqual(Object.keys(data), [
    "application/vnd.plotly.v1+json",
    "image/png",
    "text/plain",
  ]);
  const live = data["application/vnd.plotly.v1+json"] as { data: unknown; layout: unknown };
  assert.deepEqual([live.data, live.layout], [fig.data, fig.layout]);
  const image = Buffer.from(String(data["image/png"]), "base64");
  // JupyterLab shows it pixel by pixel, in place of the live figure.
  assert.equal(image.readUInt32BE(16), 820);
  assert.deepEqual(metadata["image/png"], { width: 820, height: 440 });
  assert.match(String(data["text/plain"]), /^similarity: How alike.*MLP input weights: 0\.12/);
});

test("renderers have plotly.py's names and can be joined", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const types = async (renderer: string) => {
    const [output] = await inFakeKernel(() => showFigure(fig, { renderer }));
    return Object.keys(output!.data);
  };
  assert.deepEqual(await types("json"), ["application/json", "text/plain"]);
  assert.deepEqual(await types("plotly_mimetype + svg"), [
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/plain",
  ]);
  const [alone] = await inFakeKernel(() => showFigure(fig, { renderer: "png" }));
  const image = Buffer.from(String(alone!.data["image/png"]), "base64");
  assert.equal(image.readUInt32BE(16), 2 * 820);
  assert.deepEqual(alone!.metadata["image/png"], { width: 820, height: 440 });
  await assert.rejects(
    inFakeKernel(() => showFigure(fig, { renderer: "png+browser" })),
    /Unknown renderer; found "browser", expected plotly_mimetype, png, svg, notebook, json/,
  );
});

test("TSLENS_RENDERER is the default", async () => {
  process.env.TSLENS_RENDERER = "json";
  try {
    const [output] = await inFakeKernel(() => showFigure(fig));
    assert.deepEqual(Object.keys(output!.data), ["application/json", "text/plain"]);
    process.env.TSLENS_RENDERER = "nonsense";
    await assert.rejects(
      inFakeKernel(() => showFigure(fig)),
      /Unknown TSLENS_RENDERER; found "nonsense"/,
    );
  } finally {
    delete process.env.TSLENS_RENDERER;
  }
});

test("the notebook renderer brings plotly.js once, and words for where scripts do not run", async () => {
  const html: string[] = [];
  for (let i = 0; i < 2; i++) {
    const [output] = await inFakeKernel(() => showFigure(fig, { renderer: "notebook" }));
    html.push(String(output!.data["text/html"]));
  }
  assert.ok(html[0]!.length > 1e6);
  assert.ok(html[1]!.length < 20_000);
  for (const page of html) assert.match(page, /<pre>How alike[\s\S]*0\.12, −0\.03, 0\.9<\/pre>/);
  const ids = html.map((page) => /<div id="([^"]+)"/.exec(page)![1]);
  assert.notEqual(ids[0], ids[1]);
});

test("where no picture can be made the text says why, and the numbers", async () => {
  await closeBrowser();
  process.env.TSLENS_NO_BROWSER = "1";
  try {
    const [output] = await inFakeKernel(() => showFigure(fig, { renderer: "png" }));
    assert.deepEqual(Object.keys(output!.data), ["text/plain"]);
    const text = String(output!.data["text/plain"]);
    assert.match(text, /No picture: Pictures are switched off; found TSLENS_NO_BROWSER/);
    assert.match(text, /cosine similarity: x = 0, 1, 2; y = 0\.12, −0\.03, 0\.9/);
  } finally {
    delete process.env.TSLENS_NO_BROWSER;
  }
});

test("outside of a kernel it prints the numbers and needs no browser", async (t) => {
  const log = t.mock.method(console, "log", () => undefined);
  await showFigure(fig, { name: "similarity" });
  assert.match(String(log.mock.calls[0]?.arguments[0]), /^similarity: How alike[\s\S]*0\.12/);
});
