import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { figurePage } from "../../src/display/figure-html";
import { notebookHtml } from "../../src/display/notebook-html";
import { safeText } from "../../src/display/safe-figure";
import { saveFigure } from "../../src/display/save-figure";
import { showTable } from "../../src/display/show-table";
import { activationPatchingFigures } from "../../src/experiments/activation-patching/figures";
import { linearWeightsFigures } from "../../src/experiments/linear-weights/figures";
import { neuronSweepFigures } from "../../src/experiments/neuron-sweep/figures";
import type { Figure } from "../../src/figures/figure";
import { browserForTests, visit } from "./browser-for-tests";
import { inFakeKernel } from "./fake-kernel";
import { HOSTILE, nothingCame, RESULTS, withTexts } from "./hostile-texts";

const folder = mkdtempSync(join(tmpdir(), "tslens-texts-"));
const browser = browserForTests();

after(() => rmSync(folder, { recursive: true }));

/** Every figure of results whose texts are those given, in turn. */
function figuresOf(texts: readonly string[]): Record<string, Figure> {
  const text = (place: number) => texts[place % texts.length]!;
  return {
    ...linearWeightsFigures(withTexts(RESULTS.linear_weights_analysis, text)),
    ...activationPatchingFigures(withTexts(RESULTS.activation_patching, text)),
    ...neuronSweepFigures(withTexts(RESULTS.neuron_sweep, text)),
  };
}

describe("texts of results in figures", () => {
  it("run and load nothing in exported pages, whose policy allows their own scripts and no others", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    for (const [turn, texts] of [[HOSTILE.join(" ")], HOSTILE, HOSTILE.slice(7)].entries()) {
      for (const [name, figure] of Object.entries(figuresOf(texts))) {
        const [file] = await saveFigure(figure, `${name}_${turn}`, {
          directory: folder,
          formats: ["html"],
        });
        await visit(file!, async (visited) => {
          assert.deepEqual(visited.errors, [], name);
          await nothingCame(visited);
        });
        const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(
          readFileSync(file!, "utf8"),
        )!;
        assert.doesNotMatch(policy!, /unsafe-inline|unsafe-eval|\*/);
      }
    }
  });

  it("run and load nothing in a notebook, which has no policy of ours", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    const texts = [...HOSTILE, HOSTILE.join(" ")];
    const figures = [HOSTILE, [HOSTILE.join(" ")]].flatMap((of) => Object.entries(figuresOf(of)));
    // The table of prompts, as listPrompts and showTable make it of a prompts file.
    const [table] = await inFakeKernel(() =>
      showTable(
        texts.map((text) => ({ [text]: text, prompt: text })),
        { caption: texts[0], columns: [texts[0]!, "prompt"] },
      ),
    );
    const outputs = [
      table!.data["text/html"],
      ...figures.map(([name, figure]) => notebookHtml(figure, name)),
    ];
    const file = join(folder, "notebook.html");
    writeFileSync(
      file,
      `<!doctype html><meta charset="utf-8"><main>${outputs.join("\n<hr>\n")}</main>`,
    );
    await visit(
      file,
      async (visited) => {
        await visited.page.waitForFunction(
          `document.querySelectorAll(".main-svg .gtitle").length >= ${figures.length}`,
        );
        assert.deepEqual(visited.errors, []);
        const cells = await visited.page.locator("td:last-child").allTextContents();
        // The HTML parser drops a NUL.
        const written = texts.map((text) =>
          text.replaceAll("\0", "").replaceAll("\ud800", "\ufffd"),
        );
        assert.deepEqual(cells, written);
        await nothingCame(visited);
      },
      { waitFor: "table" },
    );
  });

  it("are shown as they stand, tags and all", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    const prompt = "<b>a</b> &lt; <i>";
    const result = withTexts(RESULTS.activation_patching, () => prompt);
    const { per_input_sensitivity, direct_and_total } = activationPatchingFigures({
      ...result,
      direct_effect: { ...result.direct_effect, reason: prompt },
    });
    for (const [figure, selector] of [
      [per_input_sensitivity, ".annotation-text"],
      [direct_and_total, ".gtitle-subtitle"],
    ] as const) {
      const [file] = await saveFigure(figure, "shown", { directory: folder, formats: ["html"] });
      await visit(file!, async ({ page }) => {
        const shown = (await page.locator(selector).allTextContents()).join("\n");
        assert.ok(shown.includes(prompt), shown);
      });
    }
  });
});

it("a figure's size reaches a page as a number or not at all", () => {
  for (const size of [...HOSTILE, "300", null, {}, [1], Number.NaN, true]) {
    const figure = { data: [], layout: { width: size, height: size } };
    for (const html of [figurePage(figure, "f"), notebookHtml(figure, "f")]) {
      assert.match(html, /width: 820px/);
      assert.match(html, /height: 450px/);
    }
  }
});

describe("safeText", () => {
  for (const [text, expected] of [
    ["a < b > c & d", "a &lt; b &gt; c & d"],
    ["<b>a</b><br>b<br/>c<br />d", "<b>a</b><br>b<br/>c<br />d"],
    ["x<sub>1</sub>, <em>y</em><extra></extra>", "x<sub>1</sub>, <em>y</em><extra></extra>"],
    ['<b style="x">a</b>', '&lt;b style="x"&gt;a</b>'],
    ["<<b>a href='x'>", "&lt;<b>a href='x'&gt;"],
    ["<B>", "&lt;B&gt;"],
    ["<br onload=x>", "&lt;br onload=x&gt;"],
    ["<\nb>", "&lt;\nb&gt;"],
    ["&lt;b&gt;", "&lt;b&gt;"],
    ["", ""],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(safeText(text), expected));
  }

  it("cuts a long text, and its line breaks", () => {
    assert.equal(safeText("<".repeat(150_000)), `${"&lt;".repeat(1_999)}…`);
    assert.equal(safeText("a<br>".repeat(100)), `${"a<br>".repeat(40)}${"a".repeat(60)}`);
  });
});
