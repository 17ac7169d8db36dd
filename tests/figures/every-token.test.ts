import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { notebookHtml } from "../../src/display/notebook-html";
import { plainFigure } from "../../src/display/plain-figure";
import { safeFigure } from "../../src/display/safe-figure";
import { saveFigure } from "../../src/display/save-figure";
import { figureOutput } from "../../src/display/show-figure";
import { FigureError } from "../../src/errors";
import * as figures from "../../src/figures";
import type { Figure } from "../../src/figures/figure";
import { browserForTests, visit } from "../display/browser-for-tests";
import { checkTexts } from "../display/drawn-texts";
import { everyTokenDrawings as drawings } from "./every-token-drawings";
import {
  exampleCorpus,
  exampleDose,
  exampleExamples,
  exampleMap,
  exampleRun,
} from "./example-runs";

const folder = mkdtempSync(join(tmpdir(), "tslens-every-token-"));
const browser = browserForTests();
after(() => rmSync(folder, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: Plotly's own JSON
type Loose = Record<string, any>;

const run = exampleRun(90);
const map = exampleMap(12, 4);

describe("in a page, drawn by a browser, offline and without errors,", () => {
  for (const [name, draw] of Object.entries(drawings)) {
    for (const size of ["notebook", "column"] as const) {
      it(`${name} for a ${size}: no text covers another or leaves the figure`, async (t) => {
        if (browser.missing) return t.skip(browser.missing);
        const figure = draw(size);
        const options = { directory: folder, formats: ["html"] } as const;
        const [file] = await saveFigure(figure, name.replaceAll(" ", "_"), options);
        const width = (figure.layout.width as number) + 15;
        await visit(
          file!,
          async ({ page, errors, requests }) => {
            assert.deepEqual(errors, []);
            assert.deepEqual(requests, []);
            await checkTexts(page.locator("#figure"));
          },
          { viewport: { width, height: 800 } },
        );
      });
    }
  }
});

describe("on a results page", () => {
  for (const [name, draw] of Object.entries(drawings)) {
    it(`${name} is drawn as it is`, () => {
      for (const size of ["notebook", "column"] as const) {
        const json = JSON.parse(JSON.stringify(plainFigure(draw(size))));
        const safe = safeFigure(json);
        // What is said to whoever cannot see it is no text of the picture.
        json.layout.meta = safe.layout.meta;
        assert.deepEqual(safe, json);
      }
    });
  }
});

describe("the numbers of", () => {
  it("tokens stand over and under each, in its place", () => {
    const { data, layout } = figures.tokensFigure(run) as Loose;
    const strips = (name: string) => data.filter((trace: Loose) => trace.name === name);
    for (const key of ["activation", "prediction"] as const) {
      assert.deepEqual(strips(key).flatMap((trace: Loose) => trace.z[0]), run[key]); // biome-ignore format: one line
    }
    assert.equal(strips("tokens").flatMap((trace: Loose) => trace.text).length, 90);
    const largest = Math.max(...[...run.activation, ...run.prediction].map(Math.abs));
    assert.deepEqual([layout.coloraxis.cmin, layout.coloraxis.cmax], [-largest, largest]);
    assert.equal(layout.shapes.length, 1, "the measured token's frame");
  });

  it("activation and prediction have one scale of colours, or a line, where they have one unit", () => {
    const axes = ({ layout }: Loose) => ["coloraxis", "coloraxis2"].filter((key) => key in layout);
    assert.deepEqual(axes(figures.tokensFigure({ ...run, sameUnit: true })), ["coloraxis"]);
    assert.equal(axes(figures.tokensFigure({ ...run, sameUnit: false })).length, 2);
    const [example] = exampleExamples(1);
    assert.equal(axes(figures.examplesFigure([{ ...example, error: 1 }])).length, 1);
    assert.equal(axes(figures.examplesFigure([{ ...example, error: null }])).length, 2);
    const corpus = exampleCorpus(9);
    assert.equal(figures.corpusFigure(corpus).data.length, 3);
    assert.equal(figures.corpusFigure({ ...corpus, error: { mean: null } }).data.length, 2);
  });

  it("a text that is too long to be drawn are those of its end, and it says so", () => {
    const long = exampleRun(1_024);
    const { data, layout } = figures.tokensFigure(long) as Loose;
    const drawn = data.filter((trace: Loose) => trace.name === "activation").flatMap((trace: Loose) => trace.z[0]); // biome-ignore format: one line
    assert.deepEqual(drawn, long.activation.slice(-400));
    assert.match(layout.title.subtitle.text.replace("<br>", " "), /the last 400 of 1,024 tokens/);
  });

  it("a slider are those that were run, the unpatched point at its place and in sight", () => {
    const dose = exampleDose(1);
    const [text] = dose.texts;
    const { data, layout } = figures.doseResponseFigure(dose) as Loose;
    const [{ steps, active }] = layout.sliders;
    assert.equal(steps.length, dose.values.length + 1);
    const points = steps.map(({ args: [{ x, y }, [trace]] }: Loose) => [x[0][0], y[0][0], trace]);
    const runs = dose.values.map((value, i) => [value, text.prediction[i], 2]);
    const clean = [text.clean.activation, text.clean.prediction, 2];
    assert.deepEqual(
      points,
      [...runs, clean].sort((a, b) => a[0] - b[0]),
    );
    assert.deepEqual(points[active], clean);
    assert.deepEqual([data[2].x, data[2].y], [[clean[0]], [clean[1]]]);
    assert.match(steps[active].label, /^unpatched at 0.3: prediction 1.29$/);
    // Set to what it is: one step, the unpatched one.
    const same = { ...dose, values: [0, 0.3, 1] };
    const of = { ...text, prediction: [1, text.clean.prediction, 2] };
    const again = figures.doseResponseFigure({ ...same, texts: [of] }) as Loose;
    assert.deepEqual(again.layout.sliders[0].steps.map(({ label }: Loose) => label.split(":")[0]), ["set to 0", "unpatched at 0.3", "set to 1"]); // biome-ignore format: one line
    // Several texts have no one unpatched value: it stands before all others.
    const several = figures.doseResponseFigure(exampleDose(3)) as Loose;
    assert.equal(several.layout.sliders[0].active, 0);
    assert.match(several.layout.sliders[0].steps[0].label, /^unpatched: mean prediction/);
  });

  it("a causal map are those of its cells", () => {
    const { data } = figures.causalMapFigure(map) as Loose;
    assert.deepEqual(data[0].z, map.attn);
    assert.deepEqual(data[1].z, map.mlp);
  });
});

describe("a dose–response slider", () => {
  /** Where the slider's marker stands, and what is said over it. */
  const seen = (page: Page) =>
    page.evaluate(() => {
      const plot = (globalThis as Loose).document.querySelector(".js-plotly-plot");
      const said = plot.querySelector(".slider-label")?.textContent;
      return { x: plot.data.at(-1).x[0], y: plot.data.at(-1).y[0], said };
    });

  async function drag(page: Page, share: number) {
    const rail = (await page.locator(".slider-rail-touch-rect").boundingBox())!;
    const grip = (await page.locator(".slider-grip-rect").boundingBox())!;
    const y = rail.y + rail.height / 2;
    await page.mouse.move(grip.x + grip.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(rail.x + share * rail.width, y, { steps: 5 });
    await page.mouse.up();
  }

  const dose = exampleDose(1);
  const figure = figures.doseResponseFigure(dose);
  const pages: Record<string, () => Promise<string>> = {
    "an exported page, under its policy": async () => {
      const options = { directory: folder, formats: ["html"] } as const;
      return (await saveFigure(figure, "slider", options))[0]!;
    },
    "a notebook's HTML": async () => {
      const file = join(folder, "notebook.html");
      writeFileSync(file, `<!doctype html><meta charset="utf-8">${notebookHtml(figure, "slider")}`);
      return file;
    },
  };
  for (const [name, write] of Object.entries(pages)) {
    it(`moves the neuron in ${name}`, async (t) => {
      if (browser.missing) return t.skip(browser.missing);
      const [{ clean, prediction }] = dose.texts;
      await visit(await write(), async ({ page, errors, requests }) => {
        const { x, y, said } = await seen(page);
        assert.deepEqual([x, y], [clean.activation, clean.prediction]);
        assert.match(said!, /^unpatched at 0.3: prediction 1.29/);
        await drag(page, 1);
        assert.deepEqual(await seen(page), {
          ...{ x: 1, y: prediction.at(-1) },
          said: "set to 1: prediction 1.76 (+0.47)",
        });
        await drag(page, 0);
        const left = await seen(page);
        assert.deepEqual([left.x, left.y], [-1, prediction[0]]);
        assert.deepEqual([errors, requests], [[], []]);
      });
    });
  }

  it("is a picture at the unpatched value where nothing runs, beside Plotly's JSON with its steps", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    const { data } = await figureOutput(plainFigure(figure), "dose", ["plotly_mimetype", "png"]);
    assert.ok((data["image/png"] as string).length > 10_000);
    const { layout } = data["application/vnd.plotly.v1+json"] as Loose;
    assert.equal(layout.sliders[0].steps.length, 22);
    const { data: svg } = await figureOutput(plainFigure(figure), "dose", ["svg"]);
    assert.match(String(svg["image/svg+xml"]), /unpatched at 0\.3: prediction 1\.29/);
  });

  const [first] = (figure.layout as Loose).sliders;
  const step = (change: object, places: unknown = [2], more: object = {}) => ({
    ...{ method: "restyle", args: [change, places], label: "a" },
    ...more,
  });
  const refused: Record<string, unknown> = {
    "that fetch a picture": step({ source: ["https://evil.invalid/a.png"] }),
    "that change a text": step({ text: [['<a href="https://evil.invalid">a</a>']] }),
    "that change the kind of trace": step({ type: ["surface"] }),
    "that change the layout": { method: "relayout", args: [{ images: [{}] }], label: "a" },
    "that change both": { method: "update", args: [{ x: [[1]] }, {}], label: "a" },
    "that run frames": { method: "animate", args: [["a"]], label: "a" },
    "that have no method": { args: [{ x: [[1]] }, [2]], label: "a" },
    "that do two things": step({ x: [[1]] }, [2], { args2: [{ text: "a" }, [2]] }),
    "of traces that are not there": step({ x: [[1]] }, [3]),
    "of no traces": step({ x: [[1]] }, "all"),
    "of texts": step({ x: [["<b>"]] }),
    "of too many numbers": step({ x: [Array.from({ length: 3_000 }, (_, i) => i)] }),
    "that are no steps": 7,
  };
  for (const [why, bad] of Object.entries(refused)) {
    it(`from a file is left out with steps ${why}; the figure is drawn`, () => {
      const given = { ...figure, layout: { ...figure.layout, sliders: [{ ...first, steps: [bad] }] } }; // biome-ignore format: one line
      const { sliders, ...layout } = figure.layout;
      const expected = JSON.parse(JSON.stringify({ data: figure.data, layout }));
      const safe = JSON.parse(JSON.stringify(safeFigure(given)));
      expected.layout.meta = safe.layout.meta;
      assert.deepEqual(safe, expected);
    });
  }

  it("from a file is left out if it has too many steps or is none; its texts are made safe", () => {
    const kept = (sliders: unknown) =>
      (safeFigure({ data: figure.data, layout: { sliders } }).layout.sliders ?? []) as unknown[];
    const steps = Array.from({ length: 500 }, () => step({ x: [[1]] }));
    assert.equal(kept([{ ...first, steps }]).length, 0);
    assert.equal(kept([{ ...first, steps }, first]).length, 1);
    assert.equal(kept(Array(9).fill(first)).length, 4);
    for (const none of [{}, [7], [null], [{}], "a", null, [[]]]) assert.deepEqual(kept(none), []);
    const label = '<a href="https://evil.invalid">a</a>';
    const said = { ...first, currentvalue: { prefix: label }, steps: [step({ x: [[1]] }, [2], { label })] }; // biome-ignore format: one line
    assert.equal(kept([said]).length, 1);
    assert.doesNotMatch(JSON.stringify(kept([said])), /<a/);
    const inTemplate = { data: figure.data, layout: { template: { layout: { sliders: [said] } } } };
    assert.deepEqual(safeFigure(inTemplate).layout, { template: { layout: {} } });
  });
});

describe("what cannot be drawn is refused in one line", () => {
  const nan = [1, Number.NaN, 3];
  const [example] = exampleExamples(1);
  const dose = exampleDose(1);
  const text = dose.texts[0];
  const refused: Record<string, [() => Figure, RegExp]> = {
    "no token": [() => figures.tokensFigure({ strTokens: [], activation: [], prediction: [] }), /at least one token/], // biome-ignore format: a table
    "unequal tokens": [() => figures.tokensFigure({ ...run, prediction: [1] }), /"prediction" has the wrong length; found 1 values, expected 90, one for each token/], // biome-ignore format: a table
    "NaN at a token": [() => figures.tokensFigure({ strTokens: ["a", "b", "c"], activation: nan, prediction: [1, 2, 3] }), /NaN at position 1/], // biome-ignore format: a table
    "no example": [() => figures.examplesFigure([]), /at least one example/],
    "infinity in an example": [() => figures.examplesFigure([{ ...example, activation: example.activation.map(() => Infinity) }]), /Infinity at position/], // biome-ignore format: a table
    "no point of a corpus": [() => figures.corpusFigure(exampleCorpus(0)), /at least one point/],
    "no value": [() => figures.doseResponseFigure({ ...dose, values: [] }), /at least one value/],
    "no text": [() => figures.doseResponseFigure({ ...dose, texts: [] }), /at least one text/],
    "predictions of other values": [() => figures.doseResponseFigure({ ...dose, texts: [{ ...text, prediction: [1] }] }), /predictions of text 0" has the wrong length/], // biome-ignore format: a table
    "too many steps": [() => figures.doseResponseFigure(exampleDose(1, 300)), /too many steps; found 300 values/], // biome-ignore format: a table
    "unequal rows of a map": [() => figures.causalMapFigure({ ...map, mlp: [[1], ...map.mlp.slice(1)] }), /mlp of layer 0" has the wrong length/], // biome-ignore format: a table
    "a missing layer": [() => figures.causalMapFigure({ ...map, attn: map.attn.slice(1) }), /"attn" has the wrong length/], // biome-ignore format: a table
    "a heat map of nothing": [() => figures.heatmap([]), /at least one row/],
    "a heat map of empty rows": [() => figures.heatmap([[], []]), /at least one column/],
    "a heat map of gaps": [() => figures.heatmap([[null, null]]), /at least one number/],
    "NaN in a heat map": [() => figures.heatmap([[1, 2, 3], nan]), /"row 1" cannot be drawn; found NaN at position 1/], // biome-ignore format: a table
    "unequal rows": [() => figures.heatmap([[1, 2], [3]]), /"row 1" has the wrong length; found 1 values, expected 2/], // biome-ignore format: a table
    "too few labels": [() => figures.heatmap([[1, 2]], { x: ["a"] }), /labels of x" has the wrong length/], // biome-ignore format: a table
    "labels that are none": [() => figures.heatmap([[1]], { x: [{}] as never }), /found object at position 0/], // biome-ignore format: a table
    "too many numbers": [() => figures.heatmap(Array.from({ length: 3000 }, () => new Float32Array(3000))), /3000 rows, 9000000 numbers, expected at most 1000000/], // biome-ignore format: a table
    "no list": [() => figures.heatmap(7 as never), /found number/],
    "a flat list": [() => figures.heatmap([1, 2] as never), /"row 0" is not a list; found number/],
    "a hole in a list": [() => figures.line([1, undefined as never, 2]), /found undefined at position 1/], // biome-ignore format: a table
    "a line of nothing": [() => figures.line([]), /at least one point/],
    "lines of nothing": [() => figures.line([{ y: [] }]), /at least one point/],
    "a line of texts": [() => figures.line(["a"] as never), /found string at position 0/],
    "a line without y": [() => figures.line([{ y: [1] }, { x: [1] } as never]), /Line 1 has no y/],
    "NaN in a line": [() => figures.line([{ name: "mine", y: nan }]), /"mine" cannot be drawn; found NaN/], // biome-ignore format: a table
    "x and y of other lengths": [() => figures.line([1, 2, 3], { x: [1, 2] }), /labels of x of line 0" has the wrong length/], // biome-ignore format: a table
    "no lines": [() => figures.line(null as never), /found null/],
    "unequal points": [() => figures.scatter([1, 2], [1]), /"y" has the wrong length; found 1 values, expected 2/], // biome-ignore format: a table
    "NaN in points": [() => figures.scatter(nan, [1, 2, 3]), /"x" cannot be drawn; found NaN/],
    "points that are gaps": [() => figures.scatter([null, 1], [1, null]), /at least one point/],
    "names of other points": [() => figures.scatter([1], [1], { names: ["a", "b"] }), /labels of points" has the wrong length/], // biome-ignore format: a table
  };
  for (const [name, [draw, message]] of Object.entries(refused)) {
    it(name, () => {
      assert.throws(draw, (error: Error) => {
        assert.ok(error instanceof FigureError, String(error));
        assert.match(error.message, message);
        assert.equal(error.message.split("\n").length, 1);
        return true;
      });
    });
  }

  it("gaps are kept as gaps", () => {
    const heat = figures.heatmap([[1, null]]) as Loose;
    assert.deepEqual([heat.data[0].z, heat.data[0].hoverongaps], [[[1, null]], false]);
    const { data } = figures.line([1, null, 3]) as Loose;
    assert.deepEqual([data[0].y, data[0].connectgaps], [[1, null, 3], false]);
    const points = figures.scatter([1, null, 3], [4, 5, 6], { names: ["a", "b", "c"] }) as Loose;
    assert.deepEqual(
      [points.data[0].x, points.data[0].text],
      [
        [1, 3],
        ["a", "c"],
      ],
    );
  });
});
