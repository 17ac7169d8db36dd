import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { closeBrowser } from "../../src/display/browser";
import { writeReport } from "../../src/report/write-report";
import { run } from "../cli/run";
import { visit, whyNoBrowser } from "../display/browser-for-tests";
import { checkTexts } from "../display/drawn-texts";
import { exampleAudit } from "../experiments/example-results";

const MODELS = join(__dirname, "..", "..", "models");
/** Two of the bundled heads, one of which has warnings. */
const HEADS = ["neuron_l2_n282_20261122_120100", "neuron_l2_n52_20261122_120000"];
const FIGURES_OF_A_HEAD = 11;

const folder = mkdtempSync(join(tmpdir(), "tslens-report-"));
const results = join(folder, "results");

before(async () => {
  for (const head of HEADS) {
    for (const command of ["weights", "patch"]) {
      const { code, stderr } = await run(
        ...[command, join(MODELS, head), "--out", results, "--no-browser"],
      );
      assert.deepEqual([code, stderr], [0, ""]);
    }
  }
  delete process.env.TSLENS_NO_BROWSER;
  const files = readdirSync(results, { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    files.filter((file) => file.endsWith(".png")),
    [],
    "no pictures without a browser",
  );
});
after(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true });
});

/** The results of `count` heads: copies of the two, each of another neuron. */
function copies(count: number): string {
  const many = mkdtempSync(join(folder, "many-"));
  const files = readdirSync(results).filter((file) => /^\w+_\d+_\d+\.json$/.test(file));
  for (let head = 0; head < count; head++) {
    const neuron = HEADS[head % HEADS.length]!.split("_")[2]!.slice(1);
    for (const file of files.filter((name) => name.endsWith(`_${neuron}.json`))) {
      const content = JSON.parse(readFileSync(join(results, file), "utf8"));
      content.target_neuron = head;
      content.model_path = `models/neuron_l2_n${head}`;
      const name = file.replace(/_\d+\.json$/, `_${head}`);
      writeFileSync(join(many, `${name}.json`), JSON.stringify(content));
      cpSync(join(results, file.replace(".json", "")), join(many, name), { recursive: true });
    }
  }
  return many;
}

/** Scrolls through a page until everything that is drawn on the way is drawn. */
async function scrollThrough(page: Page): Promise<void> {
  for (const place of await page.locator("figure > .figure").all()) {
    await place.scrollIntoViewIfNeeded();
    await place.locator(".gtitle").waitFor();
  }
}

/** How many bars and markers a figure has. */
function marksOf({ data }: { data: { type: string; mode?: string; x: unknown[] }[] }): number {
  return data
    .filter(({ type, mode }) => type === "bar" || mode?.includes("markers"))
    .reduce((sum, { x }) => sum + x.length, 0);
}

describe("the results page", () => {
  it("shows every head, its numbers and links, and draws every figure, offline and without errors", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const { code, stdout, stderr } = await run("report", results);
    const page = join(results, "index.html");
    assert.deepEqual([code, stdout, stderr], [0, `wrote ${page} (4 results)\n`, ""]);
    await visit(
      page,
      async ({ page, errors, requests }) => {
        await scrollThrough(page);
        assert.deepEqual({ errors, requests }, { errors: [], requests: [] });
        assert.equal(
          await page.locator("figure .gtitle").count(),
          HEADS.length * FIGURES_OF_A_HEAD,
        );
        for (const head of HEADS) await page.getByRole("heading", { name: head }).waitFor();
        const result = JSON.parse(
          readFileSync(join(results, "activation_patching_2_52.json"), "utf8"),
        );
        const text = await page.locator("main").innerText();
        const { low, high } = result.evidence.all_points.slope;
        const interval = `[${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
        const slope = `slope, one line through all points\n${result.slope.toPrecision(3)} ${interval}`;
        assert.ok(text.includes(slope), text);
        assert.match(text, /mlp_out is a residual-stream quantity/);
        // Points as many as in the result: 19 prompts and 5 factors.
        const points = page.locator("[aria-label^='Does the prediction follow'] .point");
        assert.equal(await points.count(), 2 * result.prompts.length * result.scale_factors.length);
        const links = await page
          .locator("main a")
          .evaluateAll((all) =>
            (all as unknown as { getAttribute(name: string): string }[]).map((link) =>
              link.getAttribute("href"),
            ),
          );
        for (const link of links.filter((address) => !address.startsWith("#"))) {
          readFileSync(join(results, link));
        }
        assert.ok(links.includes("activation_patching_2_52.json"));
        assert.ok(links.includes("activation_patching_2_52/scaling_experiment.html"));
      },
      { waitFor: "main" },
    );
  });

  it("stands beside exported pages that draw every figure, offline, no text across another", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const files = readdirSync(results, { recursive: true, encoding: "utf8" }).filter((file) =>
      /[\\/]\w+\.html$/.test(file),
    );
    assert.equal(files.length, HEADS.length * FIGURES_OF_A_HEAD);
    for (const file of files) {
      const figure = JSON.parse(readFileSync(join(results, file.replace(/html$/, "json")), "utf8"));
      await visit(join(results, file), async ({ page, errors, requests }) => {
        assert.deepEqual({ errors, requests }, { errors: [], requests: [] }, file);
        const title = (await page.locator(".gtitle").allTextContents()).join(" ");
        assert.equal(title, figure.layout.title.text.replaceAll("<br>", ""), file);
        assert.equal(await page.locator(".point").count(), marksOf(figure), file);
        await checkTexts(page.locator("#figure"));
      });
    }
  });

  it("is the same page for the same results", async () => {
    const first = readFileSync((await writeReport(results)).path);
    assert.ok(first.equals(readFileSync((await writeReport(results)).path)));
  });

  it("fits a phone: nothing sticks out, panels stand one under the other, letters are not shrunk", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const { path } = await writeReport(results);
    await visit(
      path,
      async ({ page, errors }) => {
        await scrollThrough(page);
        assert.deepEqual(errors, []);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
        const scaling = page.locator("[aria-label^='What happens']").first();
        const [upper, lower] = await Promise.all(
          ["Changes", "Activation and prediction"].map((text) =>
            scaling.locator(".annotation-text", { hasText: text }).boundingBox(),
          ),
        );
        assert.ok(lower!.y > upper!.y + 200 && Math.abs(lower!.x - upper!.x) < 5);
        const title = await scaling.locator(".gtitle").boundingBox();
        assert.ok(title!.x >= 0 && title!.x + title!.width <= 390, JSON.stringify(title));
      },
      { viewport: { width: 390, height: 844 }, waitFor: "main" },
    );
  });

  it("fits a window of any width: no table is cut off, no text of a figure covers another or leaves it", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const { path } = await writeReport(results);
    for (const width of [1200, 867, 700, 360]) {
      await visit(
        path,
        async ({ page, errors }) => {
          await scrollThrough(page);
          assert.deepEqual(errors, [], `${width} pixels`);
          assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
          const cutOff = await page.evaluate(
            "[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth).length",
          );
          assert.equal(cutOff, 0, `a table is cut off at ${width} pixels`);
          for (const place of await page.locator("figure > .figure").all()) await checkTexts(place);
        },
        { viewport: { width, height: 900 }, waitFor: "main" },
      );
    }
  });

  it("is with 40 heads a table first, sections folded; a link opens its section, paper all of them", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const { path } = await writeReport(copies(40));
    await visit(
      path,
      async ({ page, errors }) => {
        const drawn = page.locator("figure .gtitle");
        assert.equal(await page.locator("figure > .figure").count(), 40 * FIGURES_OF_A_HEAD);
        assert.equal(await page.locator("table tbody tr").count(), 40);
        assert.equal(await page.locator("details").count(), 40);
        const open = page.locator("details[open]");
        assert.deepEqual([await open.count(), await drawn.count()], [0, 0]);
        await page.locator("table a", { hasText: "neuron_l2_n17" }).click();
        await drawn.first().waitFor();
        assert.equal(await open.count(), 1);
        const heading = open.getByRole("heading", { name: "neuron_l2_n17" });
        const place = await heading.boundingBox();
        assert.ok(place!.y >= 0 && place!.y < 200, JSON.stringify(place));
        // The same link again, after it was folded.
        await heading.click();
        assert.equal(await open.count(), 0);
        await page.locator("table a", { hasText: "neuron_l2_n17" }).click();
        await open.waitFor();
        assert.ok((await drawn.count()) < 2 * FIGURES_OF_A_HEAD);
        await page.evaluate("dispatchEvent(new Event('beforeprint'))");
        await drawn.nth(40 * FIGURES_OF_A_HEAD - 1).waitFor({ timeout: 120_000 });
        assert.equal(await open.count(), 40);
        assert.deepEqual(errors, []);
      },
      { waitFor: "main" },
    );
  });

  it("opens the section that its address names, and a few heads without being asked", async (t) => {
    const noBrowser = await whyNoBrowser();
    if (noBrowser) return t.skip(noBrowser);
    const few = await writeReport(copies(3));
    assert.equal(readFileSync(few.path, "utf8").match(/<details class="head" open>/g)?.length, 3);
    const { path } = await writeReport(copies(4));
    await visit(
      `${path}#head-3`,
      async ({ page }) => {
        await page.locator("figure .gtitle").first().waitFor();
        assert.equal(await page.locator("details[open] #head-3").count(), 1);
        assert.equal(await page.locator("details[open]").count(), 1);
      },
      { waitFor: "main" },
    );
  });

  it("says first of a head what its audit found, then the cosine of its kind, the slope and its ranks", async () => {
    const audited = copies(2);
    const audit = (neuron: number) => {
      const content = { ...exampleAudit(), model_path: `models/neuron_l2_n${neuron}` };
      const { provenance } = JSON.parse(
        readFileSync(join(audited, `activation_patching_2_${neuron}.json`), "utf8"),
      );
      return JSON.stringify({ ...content, target_neuron: neuron, provenance });
    };
    for (const neuron of [0, 1])
      writeFileSync(join(audited, `audit_2_${neuron}.json`), audit(neuron));
    const { path, notShown } = await writeReport(audited);
    assert.deepEqual(notShown, []);
    const page = readFileSync(path, "utf8");
    // A copy of head 282 predicts a hidden neuron, one of head 52 a coordinate of the stream.
    for (const [neuron, cosine] of [
      [0, "cosine with MLP output weights W_out[n, :]"],
      [1, "cosine with basis vector e_n"],
    ] as const) {
      const section = page.slice(
        page.indexOf(`<section id="head-${neuron + 1}">`),
        page.indexOf("<article>", page.indexOf(`<section id="head-${neuron + 1}">`)),
      );
      const order = [
        '<p class="headline">Predicts well. It reads a correlate.</p>',
        "<dt>causal share</dt>",
        `<dt>${cosine}</dt>`,
        "<dt>slope, standardised</dt>",
        "<dt>rank of that slope among other neurons&#39;</dt>",
      ].map((text) => section.indexOf(text));
      assert.ok(
        order.every((place, i) => place > (order[i - 1] ?? 0)),
        `${order.join(", ")}: ${section}`,
      );
      assert.match(section, /<dt>slope, standardised<\/dt><dd><b>[\d.]+ \[[\d.]+, [\d.]+\]<\/b>/);
    }
    // Said once; and the verdict stands in the table.
    assert.equal(page.match(/class="headline"/g)?.length, 2);
    assert.equal(page.match(/<td data-heading="verdict">reads a correlate<\/td>/g)?.length, 2);
    assert.match(
      page,
      /data-heading="causal share">0\.13<span class="interval"><br>\[0\.12, 0\.14\]/,
    );
  });

  it("describes each number truly, or not at all", async () => {
    const { path } = await writeReport(results);
    const page = readFileSync(path, "utf8");
    assert.doesNotMatch(page, /another direction|the contract|the plan\b/i);
    const [, ofStream] = /<section id="head-1">([\s\S]*?)<\/details>/.exec(page)!;
    const [, ofNeuron] = /<section id="head-2">([\s\S]*?)<\/details>/.exec(page)!;
    // Head 52 predicts mlp_out: hidden neuron 52 is another thing.
    const input = (section: string) =>
      /<dt>cosine with MLP input weights<\/dt><dd><b>.*?<\/b> (.*?)<\/dd>/.exec(section)?.[1];
    assert.equal(
      input(ofStream!),
      "Of hidden neuron 52, which is not the target: this head predicts mlp_out.",
    );
    assert.match(ofNeuron!, /Whether the head looks where the neuron writes: W_out\[n, :\]\./);
    assert.equal(input(ofNeuron!), "Whether the head looks where the neuron reads: W_in[:, n].");
    // Head 282's prompts disagree: one line through all of them is not what is said first.
    assert.match(ofNeuron!, /<li>the prompts disagree: their own slopes go from/);
    assert.match(ofNeuron!, /mean of the prompts&#39; own slopes, since they disagree\./);
    assert.doesNotMatch(ofStream!, /disagree/);
  });

  it("says the numbers where no scripts run", async () => {
    const { path } = await writeReport(results);
    const page = readFileSync(path, "utf8");
    const [, text] = /<noscript><pre>([\s\S]*?)<\/pre>/.exec(page)!;
    assert.match(text!, /How alike .* MLP input weights[\s\S]*cosine similarity: x = 0, 1/);
  });

  it("names broken and foreign files, shows further results and figures, and holds up nothing", async () => {
    const mixed = copies(1);
    writeFileSync(join(mixed, "broken_2_3.json"), '{"target_layer": 2');
    writeFileSync(join(mixed, "foreign.json"), '{"some": "thing"}');
    writeFileSync(join(mixed, "list.json"), "[]");
    writeFileSync(join(mixed, "null.json"), "null");
    const own = join(mixed, "linear_weights_analysis_2_0");
    writeFileSync(join(own, "my_figure.json"), '{"data": [{"type": "bar", "y": [1]}]}');
    writeFileSync(join(own, "no_figure.json"), '{"data": 7}');
    // A result of another kind, with numbers and a figure that this version knows nothing of.
    writeFileSync(
      join(mixed, "neuron_sweep_2_0.json"),
      JSON.stringify({
        model_path: "models/neuron_l2_n0",
        target_layer: 2,
        target_neuron: 0,
        largest_change: -1.25,
        note: "</script><script>alert(1)</script>",
      }),
    );
    mkdirSync(join(mixed, "neuron_sweep_2_0"));
    writeFileSync(
      join(mixed, "neuron_sweep_2_0", "ranked_neurons.json"),
      '{"data": [{"type": "bar", "y": [3], "name": "</script><script>alert(1)</script>"}]}',
    );
    const { code, stderr } = await run("report", mixed);
    assert.equal(code, 0);
    const notes = stderr.trim().split("\n");
    assert.equal(notes.length, 5, stderr);
    assert.match(stderr, /not shown: broken_2_3\.json: the file is not JSON/);
    assert.match(stderr, /not shown: foreign\.json: this is not a result of tslens; expected/);
    assert.match(
      stderr,
      /not shown: linear_weights_analysis_2_0.no_figure\.json: this is not a figure/,
    );
    const page = readFileSync(join(mixed, "index.html"), "utf8");
    assert.match(page, /<code>broken_2_3\.json<\/code>: the file is not JSON/);
    assert.match(page, /<h3>neuron sweep<\/h3>[\s\S]*largest change[\s\S]*−1\.25/);
    assert.match(
      page,
      /<figcaption>ranked_neurons: <a href="neuron_sweep_2_0\/ranked_neurons\.json">/,
    );
    assert.match(page, /<figcaption>my_figure: /);
    assert.doesNotMatch(page, /<script>alert/);
    assert.equal(page.match(/<section id="head-/g)?.length, 1);
  });

  it("shows a result that another version wrote by its numbers and its stored figures", async () => {
    const older = copies(1);
    const file = join(older, "activation_patching_2_0.json");
    const { slope, target_layer, target_neuron, model_path } = JSON.parse(
      readFileSync(file, "utf8"),
    );
    writeFileSync(file, JSON.stringify({ slope, target_layer, target_neuron, model_path }));
    const { path, notShown } = await writeReport(older);
    assert.deepEqual(notShown, []);
    const page = readFileSync(path, "utf8");
    assert.match(
      page,
      new RegExp(
        `<dt>slope, one line through all points</dt><dd><b>${Number(slope.toPrecision(3))}`,
      ),
    );
    assert.match(page, /<figcaption>per_input_sensitivity: /);
  });

  it("leaves a study's page and its table to the study", async () => {
    const studied = copies(1);
    writeFileSync(join(studied, "study.json"), '{"heads": []}');
    writeFileSync(join(studied, "index.html"), "the study's");
    const { code, stdout, stderr } = await run("report", studied);
    const page = join(studied, "report.html");
    assert.deepEqual([code, stdout, stderr], [0, `wrote ${page} (2 results)\n`, ""]);
    assert.equal(readFileSync(join(studied, "index.html"), "utf8"), "the study's");
    assert.match(readFileSync(page, "utf8"), /<section id="head-1">/);
  });

  it("needs a folder with a result in it", async () => {
    const empty = mkdtempSync(join(folder, "empty-"));
    const nowhere = await run("report", join(empty, "nowhere"));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /nowhere: there is no such folder of results; found ENOENT/);
    writeFileSync(join(empty, "foreign.json"), "{}");
    const without = await run("report", empty);
    assert.equal(without.code, 1);
    assert.match(without.stderr, /there is no result to show; found foreign\.json \(this is not/);
    assert.deepEqual(readdirSync(empty), ["foreign.json"]);
  });

  it("says that it cannot be written, and leaves what was there", async (t) => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere: a folder with the page's name stands in its way.
      const taken = copies(1);
      mkdirSync(join(taken, "index.html"));
      await assert.rejects(writeReport(taken), /index\.html: the results page cannot be written/);
      assert.ok(!readdirSync(taken).some((name) => name.endsWith(".tmp")));
      return;
    }
    const locked = copies(1);
    chmodSync(locked, 0o555);
    t.after(() => chmodSync(locked, 0o755));
    await assert.rejects(writeReport(locked), /the results page cannot be written; found EACCES/);
  });
});
