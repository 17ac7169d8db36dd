import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { closeBrowser } from "../../src/display/browser";
import { saveFigure } from "../../src/display/save-figure";
import { FigureError } from "../../src/errors";
import type { Figure } from "../../src/figures/figure";
import { exampleFigures } from "../experiments/example-data";
import { browserForTests } from "./browser-for-tests";

const fig = exampleFigures().weight_similarity_comparison!;
const folder = mkdtempSync(join(tmpdir(), "tslens-save-"));
const browser = browserForTests();

after(() => rmSync(folder, { recursive: true }));

/** Runs with an environment variable, and puts the old value back. */
async function withEnvironment<Result>(
  name: string,
  value: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = process.env[name];
  process.env[name] = value;
  await closeBrowser();
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

test("JSON is the figure itself", async () => {
  const [file] = await saveFigure(fig, "same", { directory: folder, formats: ["json"] });
  assert.equal(file, join(folder, "same.json"));
  assert.deepEqual(JSON.parse(readFileSync(file!, "utf8")), { data: fig.data, layout: fig.layout });
});

test("the same figure gives the same bytes", async () => {
  const formats = ["html", "json"] as const;
  const first = await saveFigure(fig, "twice", { directory: join(folder, "a"), formats });
  const second = await saveFigure(structuredClone(fig), "twice", {
    directory: join(folder, "b"),
    formats,
  });
  for (const [index, file] of first.entries()) {
    assert.ok(readFileSync(file).equals(readFileSync(second[index]!)), file);
  }
});

test("a page holds only the part of plotly.js that its figure needs", async () => {
  const surface: Figure = { data: [{ type: "surface", z: [[1, 2]] }], layout: {} };
  const [small] = await saveFigure(fig, "small", { directory: folder, formats: ["html"] });
  const [large] = await saveFigure(surface, "large", { directory: folder, formats: ["html"] });
  assert.ok(statSync(small!).size < 2e6);
  assert.ok(statSync(large!).size > 4e6);
});

test("a page's data cannot end its script", async () => {
  const nasty: Figure = {
    data: [{ type: "scatter", y: [1], name: "</script><script>alert(1)</script>" }],
    layout: { title: { text: "<!-- <script>" } },
  };
  const [file] = await saveFigure(nasty, "nasty", { directory: folder, formats: ["html"] });
  const page = readFileSync(file!, "utf8");
  assert.ok(!page.includes("</script><script>alert"));
  assert.ok(!page.includes("<!-- <script>"));
});

test("pictures: PNG at twice the size, SVG, PDF of the figure's size", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const [png, svg, pdf] = await saveFigure(fig, "picture", {
    directory: folder,
    formats: ["png", "svg", "pdf"],
  });
  const image = readFileSync(png!);
  assert.deepEqual([image.readUInt32BE(16), image.readUInt32BE(20)], [2 * 820, 2 * 440]);
  assert.match(readFileSync(svg!, "utf8"), /^<svg class="main-svg"[^>]* width="820" height="440"/);
  const paper = readFileSync(pdf!, "latin1");
  assert.match(paper, /^%PDF-/);
  // 820 × 440 CSS pixels are 615 × 330 points; Chromium rounds up a little.
  const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(paper)!.map(Number);
  assert.ok(Math.abs(width! - 615) < 1.5 && Math.abs(height! - 330) < 1.5, `${width} × ${height}`);
  assert.equal(paper.match(/\/Type \/Page\b/g)?.length, 1);
});

test("without being told formats: HTML, JSON and PNG", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const files = await saveFigure(fig, "default", { directory: folder });
  assert.deepEqual(
    files.map((file) => file.split(".").at(-1)),
    ["html", "json", "png"],
  );
});

test("without a browser: what was not asked for is left out, with a warning unless it was switched off", async (t) => {
  const warn = t.mock.method(console, "warn", () => undefined);
  const saved = async () => {
    const files = await saveFigure(fig, "no-browser", { directory: folder });
    return files.map((file) => file.split(".").at(-1));
  };
  await withEnvironment("TSLENS_NO_BROWSER", "1", async () => {
    assert.deepEqual(await saved(), ["html", "json"]);
  });
  assert.equal(warn.mock.callCount(), 0);
  await withEnvironment("TSLENS_BROWSER", join(folder, "no-such-chrome"), async () => {
    assert.deepEqual(await saved(), ["html", "json"]);
  });
  assert.match(
    String(warn.mock.calls[0]?.arguments[0]),
    /no-browser\.png was not written.*no-such-chrome did not start/,
  );
});

test("without a browser: what was asked for is an error, and nothing is written", async () => {
  await withEnvironment("TSLENS_BROWSER", join(folder, "no-such-chrome"), async () => {
    await assert.rejects(
      saveFigure(fig, "asked", { directory: folder, formats: ["json", "png"] }),
      (error: Error) =>
        error instanceof FigureError &&
        /no-such-chrome did not start/.test(error.message) &&
        /Correct or unset TSLENS_BROWSER/.test(error.message),
    );
  });
  assert.ok(!existsSync(join(folder, "asked.json")));
});

test("a place that cannot be written to is named, and no partial file stays", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  await assert.rejects(
    saveFigure(fig, "x", { directory: join(file, "below"), formats: ["json"] }),
    (error: Error) =>
      error instanceof FigureError &&
      /a-file.*found ENOTDIR.*choose another folder/.test(error.message),
  );
  const taken = mkdtempSync(join(folder, "taken-"));
  mkdirSync(join(taken, "x.json"));
  await assert.rejects(
    saveFigure(fig, "x", { directory: taken, formats: ["json"] }),
    (error: Error) => error instanceof FigureError && /x\.json: .*found EISDIR/.test(error.message),
  );
  assert.deepEqual(readdirSync(taken), ["x.json"]);
});

test("names and formats are checked", async () => {
  await assert.rejects(saveFigure(fig, "../up", { directory: folder }), FigureError);
  await assert.rejects(saveFigure(fig, "", { directory: folder }), FigureError);
  await assert.rejects(
    saveFigure(fig, "x", { directory: folder, formats: ["gif" as never] }),
    /Unknown figure format; found "gif", expected html, json, png, svg, pdf/,
  );
});

test("characters that no SVG can hold are drawn as �: NUL and the like, halves of letters", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const text = "a\0b\u0001c\ud800d\uffffe\u{1F42A}";
  const [svg] = await saveFigure({ ...fig, layout: { ...fig.layout, title: { text } } }, "unseen", {
    directory: folder,
    formats: ["svg"],
  });
  assert.match(readFileSync(svg!, "utf8"), />a�b�c�d�e\u{1F42A}</u);
});
