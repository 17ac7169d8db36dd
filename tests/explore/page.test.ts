import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { openHead } from "../../src/analysis/open-head";
import { analyzeAudit } from "../../src/experiments/audit/audits";
import { saveResult } from "../../src/experiments/save-result";
import type { Example } from "../../src/explore/explorer";
import { localExplorer } from "../../src/explore/local-explorer";
import { type ExploreServer, exploreServer } from "../../src/explore/server";
import { FIGURE_WIDTHS } from "../../src/figures/template";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { whyNoBrowser } from "../display/browser-for-tests";
import { fixture } from "../golden";
import { served, servedHeads } from "./served";
import { inTab, newTab } from "./tab";

const MODELS = join(__dirname, "..", "..", "models");
const HEADS = readdirSync(MODELS).filter((name) => name.startsWith("neuron_"));
const BASE = join(MODELS, "tiny-gpt2");

/** Waits until an expression is true in the page. Playwright's own way would evaluate it there, which the page forbids. */
async function until(page: Page, expression: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await page.evaluate<boolean>(expression).catch(() => false)) return;
    await page.waitForTimeout(25);
  }
  assert.fail(`never: ${expression}`);
}

/** The prediction that is shown with the patch; waits for one. */
async function prediction(page: Page): Promise<number> {
  const shown = page.locator("[data-prediction]");
  await shown.waitFor();
  return Number(await shown.getAttribute("data-prediction"));
}

/** The unpatched activation that is shown. */
async function clean(page: Page): Promise<number> {
  const shown = await page.locator(".outcome dd").first().textContent();
  return Number(shown!.split(" ")[0].replace("−", "-"));
}

const slider = (page: Page) => page.getByRole("slider");
const prompt = (page: Page) => page.getByRole("textbox", { name: "Prompt" });
const tokens = (page: Page) => page.locator(".tokens[role=listbox]").getByRole("option");

/** Waits until the tokens of a prompt are shown. */
async function ran(page: Page, text: string): Promise<void> {
  await until(
    page,
    `decodeURIComponent(new URLSearchParams(location.hash.slice(1)).get("text") ?? "") === ${JSON.stringify(text)}`,
  );
}

/** Saves a view, and looks whether it is what its name says; gives its content. */
async function checkSaved(page: Page, view: string, format: string, folder: string) {
  const save = page.getByRole("button", { name: `Save ${view} as ${format}` });
  const [file] = await Promise.all([page.waitForEvent("download"), save.click()]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  const content = readFileSync(path);
  if (format === "JSON") assert.ok(Object.keys(JSON.parse(String(content))).length > 1);
  if (format === "PNG") assert.equal(content.subarray(1, 4).toString(), "PNG");
  if (format === "SVG") assert.match(String(content.subarray(0, 200)), /^<svg /);
  return content;
}

describe("the page of tslens explore", () => {
  const folder = temporaryFolder();
  const results = join(folder, "results");
  process.env.TSLENS_CACHE = join(folder, "cache");
  let why: string | null;
  let server: ExploreServer;
  before(async () => {
    why = await whyNoBrowser();
    server = await servedHeads({ results });
  });

  it("shows a prompt token by token, and measures where one chooses", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, errors }) => {
      await prompt(page).fill("The king said to his daughter");
      await ran(page, "The king said to his daughter");
      await prediction(page);
      const head = await openHead(join(MODELS, HEADS[0]));
      const [run] = await head.run("The king said to his daughter");
      head.dispose();
      const labels = await tokens(page).evaluateAll((all) =>
        all.map((one) => (one as unknown as { ariaLabel: string }).ariaLabel),
      );
      assert.equal(labels.length, run.tokens.length);
      for (const [i, label] of labels.entries()) {
        const numbers = label.replaceAll("−", "-").match(/activation (\S+), prediction (\S+)$/)!;
        assert.ok(label.includes(`token ${i}, “${run.strTokens[i]}”`), label);
        assert.ok(Math.abs(Number(numbers[1]) - run.activation[i]) < 5e-3, label);
        assert.ok(Math.abs(Number(numbers[2]) - run.prediction[i]) < 5e-3, label);
      }
      const chosen = () => page.locator('[role="option"][aria-selected="true"]');
      assert.match((await chosen().getAttribute("aria-label"))!, /daughter/);

      await tokens(page).nth(1).click();
      await page.getByRole("heading", { name: "The neuron at token 1 “king”" }).waitFor();
      await page.keyboard.press("ArrowRight");
      await page.getByRole("heading", { name: "The neuron at token 2 “said”" }).waitFor();
      await page.keyboard.press("Home");
      await page.getByRole("heading", { name: "The neuron at token 0 “The”" }).waitFor();
      await until(
        page,
        `Math.abs(Number(document.querySelector("[data-prediction]")?.dataset.prediction) - ${run.prediction[0]}) < 1e-4`,
      );
      assert.deepEqual(errors, []);
    });
  });

  for (const name of HEADS) {
    it(`every view of ${name}`, async (t) => {
      if (why) return t.skip(why);
      const downloads = join(folder, "downloads", name);
      await inTab(`${server.url}#head=${name}`, async ({ page, errors }) => {
        await prediction(page);
        assert.equal(await page.getByRole("combobox", { name: "Head" }).inputValue(), name);
        await page.getByRole("textbox", { name: "Value, as a number" }).fill("2.5");
        await page.getByText("becomes").first().waitFor();
        await until(page, `document.querySelector(".outcome b").textContent.startsWith("2.5")`);
        assert.ok(Number.isFinite(await prediction(page)));
        for (const button of [
          "Zero the neurons one by one",
          "Draw the causal map",
          "Find examples",
        ]) {
          await page.getByRole("button", { name: button }).click();
        }
        for (const section of ["map-title", "examples-title"]) {
          await page.locator(`section[aria-labelledby=${section}] .main-svg`).first().waitFor();
        }
        await page.locator("section[aria-labelledby=sweep-title] tr").nth(23).waitFor();
        await page.getByRole("progressbar").first().waitFor({ state: "detached" });
        for (const view of [
          "tokens",
          "patched neuron",
          "neurons that matter",
          "causal map",
          "top examples",
        ]) {
          // Pictures take longer, and are made of the same figures.
          const formats = name === HEADS[0] ? ["JSON", "PNG", "SVG"] : ["JSON"];
          // Chromium drops what a page saves beyond ten files a second.
          if (formats.length > 1) await page.waitForTimeout(400);
          for (const format of formats) await checkSaved(page, view, format, downloads);
        }
        assert.deepEqual(errors, []);
      });
    });
  }

  it("offers an audit, stops it, and says what a saved one found", async (t) => {
    if (why) return t.skip(why);
    const name = HEADS[0];
    await inTab(`${server.url}#head=${name}`, async ({ page, errors }) => {
      await page.getByRole("button", { name: "Audit the head" }).click();
      await page.getByText("patched runs").waitFor();
      await page
        .locator("section[aria-labelledby=audit-title]")
        .getByRole("button", { name: "Stop" })
        .click();
      await page.getByRole("button", { name: "Audit the head" }).waitFor();
      const head = await openHead(join(MODELS, name));
      const texts = readFileSync(join(MODELS, "..", "README.md"), "utf8").match(
        /[A-Z][a-z ]{10,60}/g,
      )!;
      const audit = await analyzeAudit(head, { texts: texts.slice(0, 40), progress: null });
      head.dispose();
      await saveResult(audit, {}, { directory: results });
      await page.reload();
      await page.locator("section[aria-labelledby=audit-title] .headline").waitFor();
      const sentence = await page.locator(".headline").textContent();
      assert.equal(sentence, audit.because[0]);
      await page.locator("section[aria-labelledby=audit-title] .main-svg").first().waitFor();
      const downloads = join(folder, "downloads", "audit");
      const [json, png, svg] = [
        await checkSaved(page, "audit", "JSON", downloads),
        await checkSaved(page, "audit", "PNG", downloads),
        await checkSaved(page, "audit", "SVG", downloads),
      ];
      assert.deepEqual(
        JSON.parse(String(json)).criteria,
        JSON.parse(JSON.stringify(audit.criteria)),
      );
      // A PNG's header has its width, and is drawn twice as large as the figure.
      assert.equal(png.readUInt32BE(16), 2 * FIGURE_WIDTHS.notebook);
      assert.match(String(svg), new RegExp(`width="${FIGURE_WIDTHS.notebook}"`));
      // Another head has none.
      await page.getByRole("combobox", { name: "Head" }).selectOption(HEADS[1]);
      await page.getByRole("button", { name: "Audit the head" }).waitFor();
      assert.deepEqual(errors, []);
    });
  });

  it("takes an example as a prompt with all that was read before it, and measures where it is", async (t) => {
    if (why) return t.skip(why);
    await inTab(`${server.url}#head=${HEADS[1]}`, async ({ page, errors }) => {
      // The one with the most before it, more than the 24 tokens that are shown.
      const explorer = await localExplorer();
      const found: (Example & { readonly group: number; readonly at: number })[] = [];
      for await (const part of explorer.topExamples(HEADS[1])) {
        if (!("result" in part)) continue;
        part.result.groups.forEach(({ examples }, group) => {
          found.push(...examples.map((example, place) => ({ ...example, group, at: place })));
        });
      }
      await explorer.dispose();
      const deepest = found.reduce((a, b) => (b.position > a.position ? b : a));
      assert.ok(deepest.position > 24);
      await page.getByRole("button", { name: "Find examples" }).click();
      await page.getByRole("combobox", { name: "Which examples" }).selectOption(`${deepest.group}`);
      await page.getByRole("button", { name: "use as prompt" }).nth(deepest.at).click();
      await ran(page, deepest.prompt);
      await page.getByRole("heading", { name: `token ${deepest.position} “` }).waitFor();
      const shown = await prediction(page);
      assert.ok(Math.abs(shown - deepest.prediction) < 1e-4, `${shown}, ${deepest.prediction}`);
      assert.ok(Math.abs((await clean(page)) - deepest.activation) < 0.006);
      assert.deepEqual(errors, []);
    });
  });

  it("takes decimal numbers, and says so of others", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, errors }) => {
      const field = page.getByRole("textbox", { name: "Value, as a number" });
      await field.fill("0.05");
      await until(page, `document.querySelector(".outcome b")?.textContent.startsWith("0.05")`);
      const before = await prediction(page);
      for (const text of ["0x10", "1,5", "two"]) {
        await field.fill(text);
        await page.getByText("a decimal number is written such as -1.5").waitFor();
        await field.blur();
        assert.equal(await field.inputValue(), text);
        assert.equal(await prediction(page), before);
      }
      await slider(page).press("ArrowRight");
      await page.getByText("a decimal number is written").waitFor({ state: "detached" });
      await until(
        page,
        `Math.abs(Number(document.querySelector("input.value").value) - 0.05) < 0.02`,
      );
      assert.deepEqual(errors, []);
    });
  });

  it("keeps what is looked at when it is loaded again, and two tabs apart", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, context, errors }) => {
      await prompt(page).fill("Once upon a time");
      await ran(page, "Once upon a time");
      await tokens(page).nth(1).click();
      await page.getByRole("heading", { name: "token 1 “upon”" }).waitFor();
      const other = await newTab(context);
      await other.page.goto(server.url);
      await prompt(other.page).fill("The wolf ate seven kids");
      await ran(other.page, "The wolf ate seven kids");
      await page.reload();
      await page.getByRole("heading", { name: "token 1 “upon”" }).waitFor();
      assert.equal(await prompt(page).inputValue(), "Once upon a time");
      assert.equal(await prompt(other.page).inputValue(), "The wolf ate seven kids");
      assert.deepEqual([...errors, ...other.errors], []);
    });
  });

  it("takes emoji, text from right to left, many lines, and markup as what it is", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, errors }) => {
      for (const text of [
        "I 👩‍👩‍👧 love 🐪s",
        "שלום עולם",
        "مرحبا بالعالم",
        "one\n\ntwo\tthree",
        '<img src=x onerror=alert(1)> & "q" <b>b</b>',
      ]) {
        await prompt(page).fill(text);
        await ran(page, text);
        await prediction(page);
        const shown = await tokens(page).evaluateAll((all) =>
          all.map((one) => (one as unknown as { textContent: string }).textContent).join(""),
        );
        // A joiner alone is a token that nobody could see.
        const plain = (of: string) =>
          of.replace(/[\s\u00A0·⏎⇥]/gu, "").replaceAll("\u200D", "U+200D");
        assert.equal(plain(shown), plain(text));
      }
      await prompt(page).fill("שלום עולם");
      await ran(page, "שלום עולם");
      const direction = await page
        .locator(".tokens")
        .first()
        .evaluate(
          (element) =>
            (
              globalThis as unknown as { getComputedStyle(of: unknown): { direction: string } }
            ).getComputedStyle(element).direction,
        );
      assert.equal(direction, "rtl");
      assert.deepEqual(errors, []);
    });
  });

  it("says what is wrong with a prompt, and goes on", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page }) => {
      await prediction(page);
      await prompt(page).fill("king ".repeat(200));
      await page.getByRole("alert").getByText("longer than the model's context").waitFor();
      await prompt(page).fill("");
      await prompt(page).fill("The king");
      await ran(page, "The king");
      await page.getByRole("alert").waitFor({ state: "detached" });
      await page.getByRole("textbox", { name: "Value, as a number" }).fill("-");
      assert.equal(
        await page
          .getByRole("textbox", { name: "Value, as a number" })
          .getAttribute("aria-invalid"),
        "true",
      );
      assert.ok(Number.isFinite(await prediction(page)));
    });
  });

  it("keeps saying what is wrong with a prompt while others are answered", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, errors }) => {
      await prompt(page).fill("The king said");
      await ran(page, "The king said");
      await prompt(page).fill("king ".repeat(200));
      const alert = page.getByRole("alert").getByText("longer than the model's context");
      await alert.waitFor();
      const before = await prediction(page);
      await slider(page).focus();
      await page.keyboard.press("End");
      await until(
        page,
        `Number(document.querySelector("[data-prediction]").dataset.prediction) !== ${before}`,
      );
      assert.equal(await alert.count(), 1);
      await prompt(page).fill("");
      await page.getByText("Write something to see its tokens.").waitFor();
      assert.equal(await alert.count(), 0);
      // Blanks are tokens as others are.
      await prompt(page).fill(" ");
      await page.getByRole("heading", { name: "The neuron at token 0 “␣”" }).waitFor();
      assert.deepEqual(errors, []);
    });
  });

  it("shows what was there beside a patch far out, and keeps the token for another head", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, errors }) => {
      await prompt(page).fill("The king said");
      await ran(page, "The king said");
      await tokens(page).nth(1).click();
      await page.getByRole("heading", { name: "token 1 “king”" }).waitFor();
      const shown = page.locator("[data-prediction]");
      await until(page, `document.querySelector("[data-prediction]") !== null`);
      const clean = (await shown.textContent())!.split(" ")[0];
      assert.match(clean, /^−?0\.\d*[1-9]/);
      await page.getByRole("textbox", { name: "Value, as a number" }).fill("1e38");
      await until(page, `document.querySelector("[data-prediction]").textContent.includes("e+3")`);
      assert.equal((await shown.textContent())!.split(" ")[0], clean);
      await page.getByRole("combobox", { name: "Head" }).selectOption(HEADS[1]);
      await until(page, `location.hash.includes("${HEADS[1]}")`);
      await page.getByRole("heading", { name: "token 1 “king”" }).waitFor();
      assert.notEqual(await page.getByRole("textbox", { name: "Value" }).inputValue(), "1e38");
      assert.deepEqual(errors, []);
    });
  });

  it("shows characters that cannot be seen, and saves a picture that can be read", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page, errors }) => {
      await prompt(page).fill("a\0b\u0001c\u202ed\u200be");
      await until(page, `document.querySelectorAll(".tokens[role=listbox] .token").length > 8`);
      const shown = await tokens(page).allTextContents();
      for (const code of ["U+0000", "U+0001", "U+202E", "U+200B"]) {
        assert.ok(shown.includes(code), `${code} in ${shown}`);
      }
      const file = page.waitForEvent("download");
      await page.getByRole("button", { name: "Save tokens as SVG" }).click();
      const path = join(folder, "downloads", "unseen.svg");
      await (await file).saveAs(path);
      assert.doesNotMatch(readFileSync(path, "utf8"), /(?![\t\n\r])\p{Cc}/u);
      assert.deepEqual(errors, []);
    });
  });

  it("goes on with the head that is open where another cannot be opened", async (t) => {
    if (why) return t.skip(why);
    const some = join(folder, "some-heads");
    for (const name of HEADS.slice(0, 2)) {
      cpSync(join(MODELS, name), join(some, name), { recursive: true });
    }
    const config = join(some, HEADS[1], "best_model", "config.json");
    const said = JSON.parse(readFileSync(config, "utf8"));
    writeFileSync(config, JSON.stringify({ ...said, base_model_name: "no/such-model/here" }));
    const server = await servedHeads({ modelDir: some });
    await inTab(server.url, async ({ page, errors }) => {
      await prediction(page);
      const choice = page.getByRole("combobox", { name: "Head" });
      await choice.selectOption(HEADS[1]);
      await page.getByRole("alert").getByText("no/such-model/here").waitFor();
      await until(page, `document.querySelector("select").value === "${HEADS[0]}"`);
      assert.deepEqual(errors, []);
    });
  });

  it("shows the newest drag, and asks one thing at a time", async (t) => {
    if (why) return t.skip(why);
    await inTab(server.url, async ({ page }) => {
      await prediction(page);
      let inFlight = 0;
      let most = 0;
      let count = 0;
      await page.route("**/api/patch", async (route) => {
        count++;
        most = Math.max(most, ++inFlight);
        await new Promise((done) => setTimeout(done, 50));
        await route.continue();
        inFlight--;
      });
      const last = await slider(page).evaluate((element) => {
        const input = element as unknown as {
          max: string;
          value: string;
          dispatchEvent(e: Event): void;
        };
        for (let i = 0; i < 100; i++) {
          input.value = String((Number(input.max) * i) / 100);
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
        return Number(input.value);
      });
      await until(
        page,
        `Math.abs(Number(document.querySelector(".outcome b").textContent.replace("−", "-")) - ${last}) < 0.01`,
      );
      assert.equal(most, 1);
      assert.ok(count <= 3, `${count} questions for 100 drags`);
    });
  });

  it("is whole on a phone, in the dark and without a mouse", async (t) => {
    if (why) return t.skip(why);
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: "dark" as const };
    await inTab(
      server.url,
      async ({ page, errors }) => {
        await prediction(page);
        const [width, paper] = await page.evaluate<[number, string]>(
          "[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]",
        );
        assert.equal(width, 360);
        assert.equal(paper, "rgb(27, 27, 27)");
        await page.getByRole("button", { name: "Draw the causal map" }).click();
        const drawn = page.locator("section[aria-labelledby=map-title] .main-svg").first();
        await drawn.waitFor();
        const sheet = await drawn.evaluate(
          (element) =>
            (element as unknown as { style: { backgroundColor: string } }).style.backgroundColor,
        );
        assert.equal(sheet, "rgb(27, 27, 27)");
        const downloads = join(folder, "downloads", "dark");
        const saved = String(await checkSaved(page, "causal map", "SVG", downloads));
        assert.ok(saved.includes('style="fill: rgb(255, 255, 255)'));
        await slider(page).focus();
        const before = await prediction(page);
        for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowRight");
        await until(
          page,
          `Number(document.querySelector("[data-prediction]").dataset.prediction) !== ${before}`,
        );
        const unnamed = await page.evaluate(
          `[...document.querySelectorAll("button, select, input, textarea, [role]")].filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length || one.getAttribute("role") === "status")).map((one) => one.outerHTML)`,
        );
        assert.deepEqual(unnamed, []);
        assert.deepEqual(errors, []);
      },
      phone,
    );
  });
});

describe("tslens explore, when things go wrong", () => {
  const folder = temporaryFolder();
  let why: string | null;
  before(async () => {
    why = await whyNoBrowser();
  });

  it("says that the server is gone, and goes on when it is back", async (t) => {
    if (why) return t.skip(why);
    const explorer = await localExplorer();
    const first = await served(explorer);
    await inTab(first.url, async ({ page, context, errors }) => {
      await prompt(page).fill("The wolf");
      await ran(page, "The wolf");
      await prediction(page);
      await tokens(page).first().click();
      await first.close();
      await prompt(page).fill("The wolf and the goat");
      await page.getByRole("alert").getByText("tslens does not answer").waitFor();
      const again = await served(explorer, first.port);
      await page.getByRole("alert").getByText("Open the address").waitFor();
      // As `tslens explore` opens it itself.
      const other = await newTab(context);
      await other.page.goto(again.url);
      await page.getByRole("alert").waitFor({ state: "detached" });
      await page.getByRole("heading", { name: "token 0 “The”" }).waitFor();
      await prediction(page);
      const field = page.getByRole("textbox", { name: "Value, as a number" });
      await field.fill("2.5");
      await field.blur();
      await again.close();
      await slider(page).press("ArrowLeft");
      await slider(page).press("ArrowRight");
      await page.getByRole("alert").getByText("tslens does not answer").waitFor();
      const value = await field.inputValue();
      const third = await served(explorer, first.port);
      await other.page.goto(third.url);
      await page.getByRole("alert").waitFor({ state: "detached" });
      await page.getByRole("heading", { name: "token 0 “The”" }).waitFor();
      assert.ok(Math.abs(Number(value) - (await clean(page))) > 0.01);
      assert.equal(await field.inputValue(), value);
      assert.deepEqual(errors, []);
    });
    await explorer.dispose();
  });

  it("says that a model does not fit into memory", async (t) => {
    if (why) return t.skip(why);
    const base = join(folder, "huge");
    mkdirSync(base);
    cpSync(BASE, base, { recursive: true });
    const config = JSON.parse(readFileSync(join(base, "config.json"), "utf8"));
    writeFileSync(
      join(base, "config.json"),
      JSON.stringify({ ...config, n_layer: 10_000, n_embd: 16_384 }),
    );
    const server = await servedHeads({ base });
    await inTab(server.url, async ({ page, errors }) => {
      await page.getByRole("alert").getByText("does not fit into memory").waitFor();
      assert.deepEqual(errors, []);
    });
  });

  it("shows a head of another family, whose prompts are token ids", async (t) => {
    if (why) return t.skip(why);
    const arch = fixture("arch", "qwen3");
    const server = await servedHeads({
      modelDir: join(arch, "heads", "regression_mlp_out"),
      base: join(arch, "base-model"),
    });
    await inTab(server.url, async ({ page, errors }) => {
      await prediction(page);
      const box = page.getByRole("textbox", { name: "token ids" });
      await box.fill("3 1 4 1 5");
      await ran(page, "3 1 4 1 5");
      assert.equal(await tokens(page).count(), 5);
      await box.fill("three");
      await page.getByRole("alert").getByText("its prompts are token ids").waitFor();
      await box.fill("3 1 4");
      await ran(page, "3 1 4");
      await page.getByRole("button", { name: "Zero the neurons one by one" }).click();
      await page.locator("section[aria-labelledby=sweep-title] tr").first().waitFor();
      await page.getByRole("button", { name: "Find examples" }).click();
      await page.getByRole("alert").getByText("no tokenizer").first().waitFor();
      assert.deepEqual(errors, []);
    });
  });

  it("labels the causal map with whole letters, as the page's tokens are", async () => {
    const explorer = await localExplorer({ modelDir: join(MODELS, HEADS[0]) });
    const place = { head: HEADS[0], text: "a 👩 b", position: 5 };
    let labels: unknown;
    for await (const part of explorer.causalMap(place)) {
      if ("result" in part) {
        const { figures, tokens } = part.result;
        assert.equal(tokens.join(""), "a 👩");
        labels = JSON.stringify(figures.notebook);
      }
    }
    assert.match(String(labels), /👩/);
    assert.doesNotMatch(String(labels), /\ufffd/);
    await explorer.dispose();
  });

  it("tells heads of one name apart, whatever others are called", async () => {
    const some = join(folder, "one-name");
    for (const name of ["a/run", "b/run", "c/run-2", "d/run-1"]) {
      cpSync(join(MODELS, HEADS[0]), join(some, name), { recursive: true });
    }
    const explorer = await localExplorer({ modelDir: some });
    const heads = await explorer.heads();
    assert.deepEqual(
      heads.map(({ id }) => id),
      ["run", "run-2", "run-2-2", "run-1"],
    );
    assert.equal(new Set(heads.map(({ name }) => name)).size, heads.length);
    await explorer.dispose();
  });

  it("says in one line that a port is taken, and an address none of this machine's", async () => {
    const explorer = await localExplorer();
    const { port } = await served(explorer);
    await assert.rejects(
      exploreServer(explorer, { port, unforeseen: String }),
      /^InputError: another program uses this port; found port \d+\. Give another one by --port/,
    );
    for (const host of ["192.0.2.1", "300.1.1.1", "http://127.0.0.1"]) {
      await assert.rejects(
        exploreServer(explorer, { host, port: 0, unforeseen: String }),
        ({ message }: Error) =>
          message.startsWith(`this is no address of this machine; found ${host} (`) &&
          message.includes("by --host"),
      );
    }
  });
});
