import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inBrowser } from "../../src/display/browser";
import { saveFigure } from "../../src/display/save-figure";
import { weightSimilarityComparisonFigure } from "../../src/experiments/linear-weights/figures/weight-similarity-comparison";
import { exampleFigures, FACTORS, PROMPTS } from "../experiments/example-data";
import { browserForTests, visit } from "./browser-for-tests";
import { boxesOf, checkTexts, overlap } from "./drawn-texts";

const figures = exampleFigures();
const folder = mkdtempSync(join(tmpdir(), "tslens-figures-"));
const browser = browserForTests();

after(() => rmSync(folder, { recursive: true }));

const points = FACTORS.length * PROMPTS.length;

/** What has to be in each page: how many of which marks, and texts that a reader must find. */
const expected: Record<string, { marks: Record<string, number>; texts: string[] }> = {
  weight_similarity_comparison: {
    marks: { ".bars .point": 3, ".shapelayer path": 1 },
    texts: [
      "0.12",
      "−0.030",
      "0.90",
      "MLP input weights",
      "cosine similarity",
      "random directions:",
    ],
  },
  weight_distributions: {
    // Three panels of 30 bins.
    marks: { ".bars .point": 90, ".cartesianlayer .subplot": 3 },
    texts: ["head's linear weights", "MLP input weights", "MLP output weights", "weight", "count"],
  },
  weight_vectors_pca: {
    marks: { ".scatter .point": 3 },
    texts: ["head's linear weights", "PC1 (", "PC2 (", "% of the variance"],
  },
  scaling_experiment: {
    // Two thin lines and a path for each prompt; two thick lines, and that through unpatched runs.
    marks: {
      ".scatter .js-line": 3 * PROMPTS.length + 3,
      // Those of the thick lines, and each prompt's unpatched run.
      ".scatter .point": 2 * FACTORS.length + PROMPTS.length,
      ".cartesianlayer .subplot": 2,
    },
    texts: ["×0.5", "×2", "unpatched run", "activation", "prediction"],
  },
  pred_vs_act_change_all: {
    marks: { ".scatter .point": points },
    texts: ["change of the activation", "change of the prediction", "×1.5"],
  },
  pred_vs_act_regression: {
    marks: { ".scatter .point": 2 * points, ".scatter .js-line": 1 },
    texts: ["R²", "prediction change = ", "Residuals", "residual"],
  },
  per_input_sensitivity: {
    marks: {
      ".scatter .point": 8 * FACTORS.length,
      ".scatter .js-line": 8,
      ".cartesianlayer .subplot": 8,
    },
    texts: ["slope 0.", "8 of 12 prompts", "R² = ", "7 + 5 ="],
  },
};

for (const [name, { marks, texts }] of Object.entries(expected)) {
  test(`${name}.html draws everything, offline and without errors`, async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    const [file] = await saveFigure(figures[name]!, name, { directory: folder, formats: ["html"] });
    await visit(file!, async ({ page, errors, requests }) => {
      assert.deepEqual(errors, []);
      assert.deepEqual(requests, []);
      for (const [selector, count] of Object.entries(marks)) {
        assert.equal(await page.locator(selector).count(), count, selector);
      }
      const shown = await page.locator("#figure").innerText();
      for (const text of texts) assert.ok(shown.includes(text), `"${text}" in ${shown}`);
    });
  });

  for (const size of ["notebook", "column"] as const) {
    test(`${name} for a ${size}: no text covers another or leaves the figure`, async (t) => {
      if (browser.missing) return t.skip(browser.missing);
      const figure = exampleFigures(size)[name]!;
      const [file] = await saveFigure(figure, `${name}_${size}`, {
        directory: folder,
        formats: ["html"],
      });
      const width = (figure.layout.width as number) + 15;
      await visit(file!, ({ page }) => checkTexts(page.locator("#figure")), {
        viewport: { width, height: 800 },
      });
    });
  }
}

test("a bar's value never lies across the bar's end, whatever the value", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const values = [-1, -0.9, -0.86, -0.5, -0.04, 0, 0.004, 0.14, 0.86, 0.87, 1];
  for (const size of ["notebook", "column"] as const) {
    for (const some of [values.slice(0, 6), values.slice(6)]) {
      const bars = some.map((value) => ({ label: `${value}`, value, kind: "mlp_input" as const }));
      const figure = weightSimilarityComparisonFigure(bars, {
        random_baseline: { p5: -0.15, p95: 0.15, n: 1000 },
        size,
      });
      const [file] = await saveFigure(figure, "values", { directory: folder, formats: ["html"] });
      await visit(file!, async ({ page }) => {
        await checkTexts(page.locator("#figure"));
        const drawn = await boxesOf(page.locator("#figure .bars .point path"));
        const labels = await boxesOf(page.locator("#figure .bars .point text"));
        assert.equal(labels.length, some.length);
        for (const [index, bar] of drawn.entries()) {
          const { down } = overlap(bar, labels[index]!);
          const height = labels[index]!.bottom - labels[index]!.top;
          // Beside its bar, or wholly inside.
          assert.ok(down <= 1 || down >= height - 1, `${some[index]}: ${down} of ${height}`);
        }
      });
    }
  }
});

test("every figure keeps to Plotly's schema", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  for (const [name, figure] of Object.entries(figures)) {
    const complaints = await inBrowser((page) =>
      page.evaluate((json) => {
        const { Plotly } = globalThis as unknown as {
          Plotly: { validate(data: unknown, layout: unknown): { msg: string }[] | undefined };
        };
        const { data, layout } = JSON.parse(json);
        return Plotly.validate(data, layout)?.map(({ msg }) => msg) ?? [];
      }, JSON.stringify(figure)),
    );
    assert.deepEqual(complaints, [], name);
  }
});

test("hovering over a point shows the whole prompt as text, the factor and both readings", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const name = "pred_vs_act_change_all";
  const [file] = await saveFigure(figures[name]!, name, { directory: folder, formats: ["html"] });
  await visit(file!, async ({ page }) => {
    // The first factor's seventh and eighth prompts hold tags, entities, quotes and a template.
    for (const [prompt, words] of [
      [6, 'if (a < b && c > d) { return "<b>x</b>"; }'],
      [7, "She said that the %{customdata[2]} of the matter"],
    ] as const) {
      await page.evaluate((pointNumber) => {
        const { Plotly } = globalThis as unknown as {
          Plotly: { Fx: { hover(figure: string, points: object[]): void } };
        };
        Plotly.Fx.hover("figure", [{ curveNumber: 0, pointNumber }]);
      }, prompt);
      const layer = page.locator(".hoverlayer", { hasText: words });
      await layer.waitFor({ state: "attached", timeout: 10_000 });
      const label = String(await layer.textContent());
      assert.match(label, /factor ×0/);
      assert.match(label, /activation 0 \(change -?[\d.]+\)/);
      assert.match(label, /prediction -?[\d.]+ \(change -?[\d.]+\)/);
    }
  });
});

test("a page without scripts says the numbers", async (t) => {
  if (browser.missing) return t.skip(browser.missing);
  const name = "weight_similarity_comparison";
  const [file] = await saveFigure(figures[name]!, name, { directory: folder, formats: ["html"] });
  await inBrowser(async (plotlyPage) => {
    const context = await plotlyPage.context().browser()!.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    const text = await page.locator("noscript").innerText();
    assert.match(text, /MLP input weights: 0.12/);
    await context.close();
  });
});
