import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { closeBrowser } from "../../src/display/browser";
import { writeReport } from "../../src/report/write-report";
import { visit, whyNoBrowser } from "../display/browser-for-tests";
import {
  HOSTILE,
  type Json,
  nothingRuns,
  RESULTS,
  withLeaves,
  withTexts,
} from "../display/hostile-texts";
import { exampleFigures } from "../experiments/example-data";

const folder = mkdtempSync(join(tmpdir(), "tslens-hostile-"));

after(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true });
});

/** Files and figures of a results folder, by their paths in it. */
function put(name: string, files: Readonly<Record<string, unknown>>): string {
  const results = join(folder, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(results, path, ".."), { recursive: true });
    writeFileSync(
      join(results, path),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  }
  return results;
}

describe("a results page of hostile files", () => {
  it("shows every hostile text in every field of a result as a text", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const files: Record<string, unknown> = {};
    HOSTILE.forEach((text, i) => {
      for (const [kind, result] of Object.entries(RESULTS)) {
        const content = withTexts(result, () => text);
        files[`${kind}_1_${i}.json`] = { ...content, target_neuron: i };
      }
    });
    const { path, notShown } = await writeReport(put("texts", files));
    assert.deepEqual(notShown, []);
    await nothingRuns(path, { atLeast: HOSTILE.length * 12 });
  });

  it("takes whatever kind a field is of: a text, a number, a list, an object that is no text", async (t) => {
    const odd: unknown[] = [
      ...[null, true, 0, -1, 1e300, "", HOSTILE[1], [], [HOSTILE[0]], [[]], {}],
      ...[{ toString: 1, valueOf: 1 }, [{ toString: 1 }], { length: 1e9 }],
      JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'),
    ];
    const files: Record<string, unknown> = {};
    let neuron = 0;
    for (const [kind, result] of Object.entries(RESULTS)) {
      for (const key of Object.keys(result)) {
        if (key === "target_layer" || key === "target_neuron") continue;
        for (const value of odd) {
          const content = { ...result, model_path: `run_${++neuron}`, [key]: value };
          files[`${kind}_1_${neuron}.json`] = { ...content, target_neuron: neuron };
        }
      }
    }
    // Also the way that JSON.parse makes it: as a key of its own.
    const own = (of: string) => `{"target_layer": 1, "target_neuron": 1, ${of}}`;
    files["a_1_1.json"] = own('"warnings": [{"toString": 1, "valueOf": 1}]');
    files["b_1_1.json"] = own('"__proto__": {"target_layer": "<b>", "polluted": 1}');
    files["c_1_1.json"] = own(`"provenance": {"head_sha256": {"toString": 1}}`);
    const { path, notShown, results } = await writeReport(put("kinds", files));
    assert.deepEqual(notShown, []);
    assert.equal(results, Object.keys(files).length);
    const page = readFileSync(path, "utf8");
    assert.equal(page.match(/<article>/g)?.length, results);
    assert.match(page, /<li>\{&#34;toString&#34;:1,&#34;valueOf&#34;:1\}<\/li>/);
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    await nothingRuns(path, { atLeast: 0, draw: false });
  });

  it("draws stored figures with a hostile text at every place, and leaves out what could load or lead elsewhere", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    // What Plotly must find to draw at all; every other text is hostile.
    const kept = /^(type|mode|xaxis|yaxis|anchor|xref|yref|matches|scaleanchor)$/;
    const files: Record<string, unknown> = {};
    HOSTILE.forEach((text, i) => {
      files[`evil_9_${i}.json`] = { model_path: text, target_layer: 9, target_neuron: i };
      const figures = Object.entries(exampleFigures());
      // Two figures for each text, so that every figure comes with several.
      for (const [name, figure] of [figures[i % 7]!, figures[(i + 3) % 7]!]) {
        const { data, layout } = withLeaves(figure, (leaf, key) =>
          typeof leaf === "string" && !kept.test(key) ? text : leaf,
        ) as { data: { [key: string]: Json }[]; layout: { [key: string]: Json } };
        files[`evil_9_${i}/${name}.json`] = {
          data: data.map((trace) => ({
            ...trace,
            ...{ text, hovertext: text, hovertemplate: text, texttemplate: text, ids: [text] },
            ...{ customdata: [text, [text]], meta: [text], legendgroup: text, source: text },
          })),
          layout: { ...layout, ...hostileLayout(text), title: { text, subtitle: { text } } },
        };
      }
    });
    const { path, notShown } = await writeReport(put("figures", files));
    assert.deepEqual(notShown, []);
    await nothingRuns(path, { atLeast: 2 * HOSTILE.length });
  });

  it("refuses stored figures of the wrong kind, each in one line, and draws the others", async (t) => {
    const trace = { type: "bar", y: [1, 2] };
    const inLayout = (layout: unknown) => ({ data: [trace], layout });
    const bad: Record<string, unknown> = {
      "a text as height": inLayout({ height: '1px"><img src=x onerror="globalThis.pwned=1">' }),
      "digits as height": inLayout({ height: "300" }),
      "an object as width": inLayout({ width: { valueOf: 5 } }),
      "a list as width": inLayout({ width: [300] }),
      "a negative height": inLayout({ height: -5 }),
      "a huge width": inLayout({ width: 1e9 }),
      "an infinite height": '{"data": [], "layout": {"height": 1e999}}',
      "a layout that is a text": inLayout(HOSTILE[0]),
      "a layout that is a list": inLayout([]),
      "a number as title": inLayout({ title: 5 }),
      "a list as axis": inLayout({ xaxis2: [] }),
      "notes that are texts": inLayout({ annotations: [HOSTILE[0]] }),
      "an infinite value": '{"data": [{"type": "bar", "y": [1e999]}]}',
      "a trace that is a text": { data: [HOSTILE[0]] },
      "data that is an object": { data: { length: 1 } },
      "an unknown trace": { data: [{ type: HOSTILE[0] }] },
      "a trace's type that is none": { data: [{ type: { toString: 1 } }] },
      "a map, which would be loaded": { data: [{ type: "scattermap", lat: [1], lon: [1] }] },
      "a globe": { data: [{ type: "choropleth", locations: ["a"], z: [1] }] },
      "a million ticks": inLayout({ xaxis: { minor: { dtick: 1e-12 }, dtick: 1e-12 } }),
      "a million bins": { data: [{ type: "histogram", x: [1, 2], nbinsx: 1e8 }] },
      "steps of no size": { data: [{ type: "contour", z: [[1]], contours: { size: 0 } }] },
      "a million bars": { data: [{ ...trace, y: Array(1e6).fill(1) }] },
      "too many values": { data: [{ ...trace, customdata: Array(5e5).fill(1) }] },
      "bytes that are none": { data: [{ ...trace, y: { dtype: "f8", bdata: HOSTILE[0] } }] },
      "no JSON": "<b>",
      null: null,
    };
    const files: Record<string, unknown> = {
      "evil_9_9.json": { target_layer: 9, target_neuron: 9 },
      "evil_9_9/good.json": inLayout({ title: { text: "a good one" } }),
      // Plotly itself throws on it: known only in the browser.
      "evil_9_9/wrong.json": { data: [{ type: "scatter", y: [1], marker: 5 }] },
    };
    for (const [why, figure] of Object.entries(bad)) files[`evil_9_9/${why}.json`] = figure;
    const { path, notShown } = await writeReport(put("refused", files));
    const refused = Object.keys(bad).map((why) => join("evil_9_9", `${why}.json`));
    assert.deepEqual(notShown.map(({ file }) => file).sort(), refused.sort());
    for (const { file, reason } of notShown) {
      assert.match(reason, /^[^\n]{10,300}$/, file);
      assert.doesNotMatch(reason, /undefined|\[object/, file);
    }
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    await nothingRuns(path, { atLeast: 1 });
    await visit(
      path,
      async ({ page }) => {
        await page.evaluate("dispatchEvent(new Event('beforeprint'))");
        await page.getByText("Plotly cannot draw this figure (TypeError").waitFor();
        await page.locator(".gtitle", { hasText: "a good one" }).waitFor();
      },
      { waitFor: "main" },
    );
  });

  it("cuts a title of 150,000 <, and any other long text, in the time that its size takes", async (t) => {
    const long = "<".repeat(150_000);
    const kinds = Object.entries(RESULTS).map(([kind, result], i) => [
      `${kind}_1_${i}.json`,
      withLeaves({ ...result, target_neuron: i, [long]: 1 }, (leaf, key) =>
        ["model_path", "head_type", "text", "hook", "reason", "warnings"].includes(key)
          ? long
          : leaf,
      ),
    ]);
    const results = put("long", {
      ...Object.fromEntries(kinds),
      "a_1_9.json": { target_layer: 1, target_neuron: 9, warnings: [long, long], [long]: 5 },
      "a_1_9/title.json": {
        data: [{ type: "bar", y: [1], name: long }],
        layout: { title: { text: long } },
      },
      "a_1_9/texts.json": {
        data: [{ type: "bar", y: [1], x: [long], text: `${long}>`.repeat(3) }],
        layout: { title: { text: "&lt;".repeat(150_000) }, xaxis: { title: { text: long } } },
      },
      "a_1_9/tags.json": {
        data: [{ type: "bar", y: [1] }],
        layout: { title: { text: "<b>".repeat(50_000) } },
      },
    });
    const started = performance.now();
    const { path } = await writeReport(results);
    const noBrowser = await whyNoBrowser();
    if (!noBrowser) await nothingRuns(path, { atLeast: 3 });
    // One that is parsed takes 12 s.
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < 10, `${seconds} s`);
    assert.ok(readFileSync(path).length < 4_000_000);
    if (noBrowser) return t.skip(noBrowser);
  });

  it("shows names of files and folders as they are, and links to them and nowhere else", async (t) => {
    // What a file's name can hold.
    const names = HOSTILE.filter((name) => !/[/\0\ud800]/.test(name)).concat(
      "javascript:globalThis.pwned=1;x='https:'",
      "constructor",
      "__proto__",
      "toString",
      "hasOwnProperty",
      "%2e%2e%2f%3Cscript%3E",
      "a#b?c=d&e",
      "line\nbreak\ttab",
    );
    const files: Record<string, unknown> = {};
    for (const name of names) {
      files[`${name}_9_9.json`] = { target_layer: 9, target_neuron: 9 };
      files[`${name}_9_9/${name}.json`] = {
        data: [{ type: "bar", y: [1] }],
        layout: { title: { text: "t" } },
      };
      files[`${name}_9_9/${name}.html`] = "exported";
      files[`notebooks/${name}.html`] = "executed";
      files[`notebooks/${name}.ipynb`] = { metadata: { tslens: { model_path: name } } };
    }
    const results = put("names", files);
    const { path, notShown } = await writeReport(results);
    assert.deepEqual(notShown, []);
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    await nothingRuns(path, { atLeast: names.length });
    await visit(
      path,
      async ({ page }) => {
        const links = (await page.evaluate(
          "[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))",
        )) as string[];
        for (const name of Object.keys(files)) {
          const address = name.split("/").map(encodeURIComponent).join("/");
          if (!name.endsWith(".ipynb")) assert.ok(links.includes(address), name);
        }
        for (const link of links.filter((address) => !address.startsWith("#"))) {
          readFileSync(join(results, decodeURIComponent(link)));
        }
      },
      { waitFor: "main" },
    );
  });

  it("shows the others when a folder cannot be read, or is none", async () => {
    const results = put("folders", {
      "a_1_1.json": { target_layer: 1, target_neuron: 1 },
      "b_1_2.json": { target_layer: 1, target_neuron: 2 },
      b_1_2: "a file of that name",
      notebooks: "a file of that name",
    });
    mkdirSync(join(results, "c_1_3.json"));
    symlinkSync(join(results, "nowhere"), join(results, "d_1_4.json"));
    const { notShown, results: shown } = await writeReport(results);
    assert.equal(shown, 2);
    assert.deepEqual(
      notShown.map(({ file }) => file),
      ["c_1_3.json", "d_1_4.json"],
    );
  });
});

/** Keys of a layout that load, run commands or draw over the page; and the usual ones, hostile. */
function hostileLayout(text: string): { [key: string]: Json } {
  const image = {
    source: "https://evil.invalid/image.png",
    x: 0,
    y: 1,
    sizex: 1,
    sizey: 1,
    name: text,
  };
  const button = { label: text, method: "relayout", args: [{ "title.text": text }], execute: true };
  return {
    images: [image],
    updatemenus: [{ buttons: [button] }],
    sliders: [{ steps: [button] }],
    modebar: { add: ["sendDataToCloud"] },
    map: { style: "https://evil.invalid/style.json" },
    geo: { scope: text },
    annotations: [{ text, hovertext: text, x: 0, y: 0, name: text, href: text, bgcolor: text }],
    shapes: [{ type: "path", path: "M0,0L1,1Z", label: { text }, name: text, fillcolor: text }],
    font: { family: text, color: text },
    paper_bgcolor: text,
    legend: { title: { text } },
    hoverlabel: { font: { family: text } },
    meta: { description: text, text },
    separators: text,
    uirevision: text,
    newselection: { mode: text },
    template: {
      layout: { images: [image], title: { text }, annotationdefaults: { text } },
      data: { bar: [{ name: text, hovertemplate: text }] },
    },
  };
}
