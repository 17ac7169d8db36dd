import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { studyPage } from "../../src/study/study-page";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { browserForTests, visit } from "../display/browser-for-tests";
import { checkTexts } from "../display/drawn-texts";
import { exampleRow, exampleRows, exampleStudy } from "./example-rows";

const SHARES = [0.9, 0.1, null, 0.7, -0.2, 25, 0.3, 0.55, 0.05, 1.1, 0.2, 0.4];

async function scrollThrough(page: Page): Promise<void> {
  for (const place of await page.locator("figure > .figure").all()) {
    await place.scrollIntoViewIfNeeded();
    await place.locator(".gtitle").waitFor();
  }
}

describe("a study's page", () => {
  const folder = temporaryFolder();
  const file = join(folder, "index.html");
  const rows = exampleRows(SHARES);
  const browser = browserForTests();
  before(() => {
    writeFileSync(file, studyPage(exampleStudy(rows)));
  });

  /** The places of the rows that are shown, in the order in which they are. */
  const shown = async (page: Page) =>
    (
      await page
        .locator(".study tbody tr:visible")
        .evaluateAll((all) => (all as unknown as { id: string }[]).map(({ id }) => id))
    ).map((id) => Number(id.replace("head-", "")) - 1);
  const state = (page: Page) => page.locator(".study th[aria-sort]").first();

  it("sorts by a heading's button and by the list, with the keyboard, what is missing last", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    await visit(
      file,
      async ({ page, errors, requests }) => {
        const byShare = [5, 9, 0, 3, 7, 11, 6, 10, 1, 8, 4, 2];
        const button = page.getByRole("button", { name: "causal share" });
        await button.focus();
        await page.keyboard.press("Enter");
        assert.deepEqual(await shown(page), byShare);
        assert.equal(await state(page).getAttribute("aria-sort"), "descending");
        await page.keyboard.press("Space");
        assert.deepEqual(await shown(page), [...byShare.slice(0, -1).reverse(), 2]);
        assert.equal(await state(page).getAttribute("aria-sort"), "ascending");
        await page.getByLabel("Sort by").selectOption({ label: "ridge penalty" });
        assert.deepEqual(await shown(page), [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
        await page.locator("#turn").click();
        assert.deepEqual(await shown(page), [1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10]);
        assert.equal(await page.locator("#turn").textContent(), "descending");
        await page.getByRole("button", { name: "verdict" }).click();
        assert.equal((await shown(page))[0], 0);
        assert.deepEqual({ errors, requests }, { errors: [], requests: [] });
      },
      { waitFor: "main" },
    );
  });

  it("filters by words and by verdict, and says how many are shown", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    await visit(
      file,
      async ({ page }) => {
        const said = page.locator(".shown");
        assert.equal(await said.textContent(), "12 heads");
        await page.getByLabel("Filter").fill("STRONG  n1");
        assert.deepEqual(await shown(page), [1, 11]);
        assert.equal(await said.textContent(), "2 of 12 heads");
        await page.getByLabel("Filter").fill("");
        await page.locator("#verdict").selectOption("reads the neuron");
        assert.deepEqual(await shown(page), [0, 3, 5, 9]);
        await page.getByLabel("Filter").fill("nothing like it");
        assert.equal(await said.textContent(), "0 of 12 heads");
      },
      { waitFor: "main" },
    );
  });

  it("a point of either figure leads to the row of its head, also to one that is filtered out", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    await visit(
      file,
      async ({ page, errors }) => {
        await scrollThrough(page);
        await page.locator("#verdict").selectOption("reads a correlate");
        // The first point of the first verdict is head 0 in the atlas; in the forest the smallest, head 3.
        for (const [figure, head] of [
          [0, "head-1"],
          [1, "head-4"],
        ] as const) {
          const traces = page.locator("figure").nth(figure).locator(".scatterlayer .trace");
          const point = traces.nth(figure).locator(".point").first();
          await point.scrollIntoViewIfNeeded();
          const { x, y, width, height } = (await point.boundingBox())!;
          // What Plotly listens to lies over its points.
          await page.mouse.move(x + width / 2, y + height / 2);
          await page.mouse.click(x + width / 2, y + height / 2);
          const row = page.locator(`#${head}`);
          await row.waitFor();
          assert.match(page.url(), new RegExp(`#${head}$`));
          const box = await row.boundingBox();
          assert.ok(box!.y >= 0 && box!.y < 800, JSON.stringify(box));
        }
        assert.deepEqual(errors, []);
      },
      { waitFor: "main" },
    );
    await visit(
      `${file}#head-12`,
      async ({ page }) => {
        const box = await page.locator("#head-12").boundingBox();
        assert.ok(box!.y >= 0 && box!.y < 800, JSON.stringify(box));
      },
      { waitFor: "main" },
    );
  });

  it("fits a window of any width: nothing is cut off, no text of a figure covers another", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    const long = exampleStudy([
      ...rows,
      exampleRow({ model_dir: `models/${"long_name_".repeat(30)}`, ridge_penalty: 1 }),
    ]);
    const settings = Array.from({ length: 30 }, (_, i) => `setting_of_a_long_name_${i}`);
    const heads = long.heads.map((row, i) => ({
      ...row,
      ...Object.fromEntries(settings.map((name) => [name, `${"value".repeat(20)}${i}`])),
    }));
    const wide = join(folder, "wide.html");
    writeFileSync(wide, studyPage({ ...long, heads, settings: ["ridge_penalty", ...settings] }));
    for (const page of [file, wide]) {
      for (const width of [1200, 700, 360]) {
        await visit(
          page,
          async ({ page, errors, requests }) => {
            await scrollThrough(page);
            assert.deepEqual({ errors, requests }, { errors: [], requests: [] });
            assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
            const cutOff = await page.evaluate(
              "[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth).length",
            );
            assert.equal(cutOff, 0, `the table is cut off at ${width} pixels`);
            for (const place of await page.locator("figure > .figure").all()) {
              await checkTexts(place);
            }
          },
          { viewport: { width, height: 900 }, waitFor: "main" },
        );
      }
    }
  });

  it("runs nothing that a file smuggled in, links to each head's file, lists what failed", async (t) => {
    if (browser.missing) return t.skip(browser.missing);
    const evil = '</script><script>document.title="owned"</script><img src=x onerror=alert(1)>';
    const hostile = join(folder, "hostile.html");
    const study = exampleStudy([
      ...exampleRows([0.2, 0.4]),
      exampleRow({ model_dir: `models/${evil}`, base_model: evil, ridge_penalty: 1 }),
    ]);
    const failed = [{ model_dir: evil, reason: evil }];
    writeFileSync(hostile, studyPage({ ...study, failed }));
    await visit(
      hostile,
      async ({ page, errors, requests }) => {
        await scrollThrough(page);
        assert.deepEqual({ errors, requests }, { errors: [], requests: [] });
        assert.equal(await page.title(), "Study of 3 heads");
        assert.equal(await page.locator("img").count(), 0);
        assert.equal(await page.locator("#head-1 a").getAttribute("href"), "audit_0_0.json");
        assert.match(await page.locator(".not-shown").innerText(), /<img src=x/);
      },
      { waitFor: "main" },
    );
  });

  it("stands without figures where no head has a share, and is the same for the same study", () => {
    const without = exampleStudy(exampleRows([null, null]));
    const page = studyPage(without);
    assert.doesNotMatch(page, /<figure>/);
    assert.match(page, /cannot be tested this way: <b>2<\/b>/);
    assert.equal(page, studyPage(without));
  });
});
