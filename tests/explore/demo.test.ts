import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { buildDemo } from "../../scripts/demo/build";
import { openHead } from "../../src/analysis/open-head";
import { staticPagePolicy } from "../../src/display/page-policy";
import { analyzeAudit } from "../../src/experiments/audit/audits";
import { writeResult } from "../../src/experiments/write-result";
import type { ExamplesShown, Running } from "../../src/explore/explorer";
import { type LocalExplorer, localExplorer } from "../../src/explore/local-explorer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { whyNoBrowser } from "../display/browser-for-tests";
import { staticFiles } from "./static-files";
import { inTab } from "./tab";

const ROOT = join(__dirname, "..", "..");
const AUDITED = "neuron_l2_n52_20261122_120000";
const TEXT = "Once upon a time there was a king, and his 👑 was gone.";

const slider = (page: Page) => page.getByRole("slider");
const shown = (page: Page) => page.locator("[data-prediction]");

/** The numbers of both are the same, up to 1e-4 of the largest of their kind; changes, of what is changed. */
function assertSame(actual: unknown, expected: unknown): void {
  const [found, wanted] = [actual, expected].map((value) => leaves(value));
  const kind = (path: string) => path.replace(/\.\d+/g, "");
  const largest = new Map<string, number>();
  for (const [path, value] of wanted) {
    for (const of of path.includes("prediction") ? [kind(path), ""] : [kind(path)]) {
      largest.set(of, Math.max(largest.get(of) ?? 0, Math.abs(Number(value)) || 0));
    }
  }
  for (const [path, value] of wanted) {
    const other = found.get(path);
    const most = 1e-4 * Math.max(largest.get(kind(path))!, largest.get("") ?? 0);
    if (typeof value !== "number") assert.equal(other, value, path);
    else assert.ok(Math.abs((other as number) - value) <= most, `${path}: ${other}, not ${value}`);
  }
  assert.equal(found.size, wanted.size);
}

/** Strings and numbers in JSON by where they are; figures are drawn from the same numbers. */
function leaves(value: unknown, path = "", all = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return all.set(path, value);
  for (const [key, part] of Object.entries(value)) {
    if (key !== "figures") leaves(part, `${path}.${key}`, all);
  }
  return all;
}

async function resultOf<T>(parts: AsyncIterable<Running<T>>): Promise<T> {
  let last: Running<T> | undefined;
  for await (last of parts);
  assert.ok(last && "result" in last);
  return last.result;
}

describe("the page in the browser alone", () => {
  const folder = temporaryFolder();
  const demo = join(folder, "demo");
  const results = join(folder, "results");
  process.env.TSLENS_CACHE = join(folder, "cache");
  let why: string | null;
  let url: string;
  let native: LocalExplorer;

  before(async () => {
    why = await whyNoBrowser();
    if (why) return;
    const head = await openHead(join(ROOT, "models", AUDITED));
    // A few texts: it is to be shown, not to be right.
    const texts = Array.from({ length: 12 }, (_, i) => `The king had ${i} sons and a daughter`);
    await writeResult(await analyzeAudit(head, { texts, progress: null }), { directory: results });
    head.dispose();
    native = await localExplorer({ results });
    await buildDemo(demo, results);
    // What the page asks by, so that a test can ask too.
    await build({
      entryPoints: [join(ROOT, "src", "explore", "page", "worker-explorer.ts")],
      ...{ bundle: true, format: "iife", globalName: "client", outfile: join(demo, "client.js") },
      logLevel: "warning",
    });
    url = await staticFiles(demo);
  });
  after(() => native?.dispose());

  it("works without a network once it is there, and asks nobody else", async (t) => {
    if (why) return t.skip(why);
    await inTab(`${url}#head=${AUDITED}`, async ({ page, context, errors }) => {
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.reload();
      await shown(page).waitFor();
      await page.locator("section[aria-labelledby=audit-title] .main-svg").first().waitFor();
      await context.setOffline(true);

      await page.getByRole("textbox", { name: "Prompt" }).fill(TEXT);
      await page.getByRole("heading", { name: /The neuron at token 1\d “\.”/ }).waitFor();
      const tinted = await page
        .locator(".tokens[role=listbox] .token")
        .evaluateAll((all) => new Set(all.map((one) => one.getAttribute("style"))).size);
      assert.ok(tinted > 5, "tokens have the colours of their numbers");

      const before = Number(await shown(page).getAttribute("data-prediction"));
      const box = (await slider(page).boundingBox())!;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      for (let i = 0; i <= 20; i++) {
        await page.mouse.move(box.x + (box.width * (10 + i)) / 31, box.y + box.height / 2);
      }
      await page.mouse.up();
      const value = Number(await slider(page).inputValue());
      const { tokens } = await native.run({ head: AUDITED, text: TEXT });
      const position = tokens.length - 1;
      const request = { head: AUDITED, text: TEXT, position, kind: "set", value } as const;
      const { patched } = (await native.patch(request)).prediction;
      assert.ok(Math.abs(patched - before) > 1e-3);
      const isDrawn = async () =>
        Math.abs(Number(await shown(page).getAttribute("data-prediction")) - patched) < 1e-3;
      for (let i = 0; !(await isDrawn()); i++) {
        assert.ok(i < 100, `never ${patched}`);
        await page.waitForTimeout(20);
      }

      await page.getByRole("button", { name: "Zero the neurons one by one" }).click();
      await page.locator("section[aria-labelledby=sweep-title] tr").nth(23).waitFor();
      for (const [name, section] of [
        ["Draw the causal map", "map-title"],
        ["Find examples", "examples-title"],
      ]) {
        await page.getByRole("button", { name }).click();
        await page.locator(`section[aria-labelledby=${section}] .main-svg`).first().waitFor();
      }
      for (const format of ["JSON", "PNG", "SVG"]) {
        const file = page.waitForEvent("download");
        await page.getByRole("button", { name: `Save tokens as ${format}` }).click();
        assert.match((await file).suggestedFilename(), new RegExp(`\\.${format}$`, "i"));
      }
      assert.deepEqual(errors, []);
      for (const address of asked)
        assert.ok(/^(data|blob):/.test(address) || address.startsWith(url));
    });
  });

  it("answers as the native engine does", async (t) => {
    if (why) return t.skip(why);
    await inTab(url, async ({ page, errors }) => {
      await page.evaluate(
        `new Promise((done, failed) => document.head.append(Object.assign(document.createElement("script"), { src: "client.js", onload: () => done(), onerror: failed })))`,
      );
      await page.evaluate(`globalThis.explorer = client.workerExplorer("worker.js"), undefined`);
      /** What comes last of what comes in parts. */
      const last = (question: string) =>
        page.evaluate(
          `(async () => { let last; for await (last of ${question}); return last; })()`,
        ) as Promise<Record<string, unknown>>;

      const heads = await native.heads();
      assert.deepEqual(await page.evaluate("explorer.heads()"), heads);
      for (const { id: head } of heads) {
        const of = JSON.stringify(head);
        const opened = (await page.evaluate(`explorer.open(${of})`)) as { warnings: unknown };
        assert.deepEqual(opened.warnings, (await native.open(head)).warnings);
        const run = await native.run({ head, text: TEXT });
        const prompt = { head, text: TEXT };
        assertSame(await page.evaluate(`explorer.run(${JSON.stringify(prompt)})`), run);
        for (const position of [2, run.measured]) {
          const place = { ...prompt, position };
          for (const [kind, value] of [
            ["set", 1.5],
            ["scale", 0],
            ["add", -1],
          ] as const) {
            const request = { ...place, kind, value };
            const found = await page.evaluate(`explorer.patch(${JSON.stringify(request)})`);
            assertSame(found, await native.patch(request));
          }
          const dose = { ...place, values: [-1, 0, 2] };
          const found = await page.evaluate(`explorer.doseResponse(${JSON.stringify(dose)})`);
          assertSame(found, await native.doseResponse(dose));
        }
        const saved = await page.evaluate(`explorer.savedAudit(${of})`);
        assert.deepEqual(saved, await native.savedAudit(head));
        assert.equal(saved === null, head !== AUDITED);
      }

      const place = { head: AUDITED, text: TEXT, position: 9 };
      const json = JSON.stringify(place);
      const sweep = { ...place, layers: "target" } as const;
      const found = await last(`explorer.neuronsThatMatter(${JSON.stringify(sweep)})`);
      let swept: object | undefined;
      for await (swept of native.neuronsThatMatter(sweep));
      assertSame(found, swept);
      const map = await last(`explorer.causalMap(${json})`);
      assertSame(map.result, await resultOf(native.causalMap(place)));
      const examples = await last(`explorer.topExamples(${JSON.stringify(AUDITED)})`);
      // Which are drawn at random from a tenth depends on where rounding draws the line between two.
      const [there, here] = [
        examples.result as ExamplesShown,
        await resultOf(native.topExamples(AUDITED)),
      ].map((all) => ({ ...all, groups: all.groups.slice(0, 3) }));
      assertSame(there, here);
      assert.equal(here.groups.flatMap((group) => group.examples).length, 30);

      await assert.rejects(
        page.evaluate(
          `explorer.patch(${JSON.stringify({ ...place, position: 99, kind: "set", value: 0 })})`,
        ),
        /there is no such token in the prompt; found 99/,
      );

      // A drag finds its turn while a sweep runs; a sweep that is left stops, and so does an audit.
      const order = await page.evaluate(`(async () => {
        const order = [];
        const leave = new AbortController();
        const sweep = (async () => {
          try {
            for await (const { done, total } of explorer.neuronsThatMatter(${JSON.stringify({ ...place, layers: "all" })}, leave)) {
              order.push("part");
              if (done > total / 2) leave.abort();
            }
            order.push("end");
          } catch (error) {
            order.push(error.name);
          }
        })();
        const patch = explorer.patch(${JSON.stringify({ ...place, kind: "set", value: 1 })}).then(() => order.push("patch"));
        await Promise.all([sweep, patch]);
        const stop = new AbortController();
        const audit = (async () => {
          for await (const part of explorer.audit(${JSON.stringify(AUDITED)}, stop)) {
            order.push("audit " + part.what);
            stop.abort();
          }
        })();
        await audit.catch((error) => order.push(error.name));
        await explorer.heads();
        return order;
      })()`);
      const said = (order as string[]).join(", ");
      assert.match(said, /^(part, )*patch, (part, )+AbortError, audit patched runs, AbortError$/);
      assert.deepEqual(errors, []);
    });
  });

  it("needs no more than its policy where the host sends it with every file", async (t) => {
    if (why) return t.skip(why);
    assert.match(
      readFileSync(join(demo, "index.html"), "utf8"),
      /http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; /,
    );
    assert.doesNotMatch(staticPagePolicy(), /'unsafe-(eval|inline)'|\*|https?:|worker-src/);
    const headers = {
      "content-security-policy": staticPagePolicy(),
      // Where pages are apart from others the engine could take threads, from workers made of texts.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    };
    await inTab(await staticFiles(demo, { headers }), async ({ page, errors }) => {
      await shown(page).waitFor();
      assert.equal(await page.evaluate("crossOriginIsolated"), true);
      await page.getByRole("button", { name: "Zero the neurons one by one" }).click();
      await page.locator("section[aria-labelledby=sweep-title] tr").nth(23).waitFor();
      assert.deepEqual(errors, []);
    });
  });

  for (const [missing, said] of [
    ["worker.js", /the model cannot be run in this page \(.*\): load the page again/],
    [
      "files.json",
      /files\.json: a file of this page could not be loaded; found the web host answers 404/,
    ],
    [
      "files/models/tiny-gpt2/model.safetensors",
      /model\.safetensors: a file of this page could not/,
    ],
    ["tfjs-backend-wasm-simd.wasm", /this browser does not run the tensor engine/],
  ] as const) {
    it(`says in one line that ${missing} is missing`, async (t) => {
      if (why) return t.skip(why);
      await inTab(await staticFiles(demo, { without: [missing] }), async ({ page }) => {
        const line = await page.getByRole("alert").innerText();
        assert.match(line, said);
        assert.ok(!line.includes("\n"));
      });
    });
  }

  it("says that a file was cut short on its way", async (t) => {
    if (why) return t.skip(why);
    const cut = join(folder, "cut");
    cpSync(demo, cut, { recursive: true });
    writeFileSync(join(cut, "files", "models", "tiny-gpt2", "config.json"), "{}");
    await inTab(await staticFiles(cut), async ({ page }) => {
      const line = await page.getByRole("alert").innerText();
      assert.match(line, /a file of this page is not the one that was put there; found 2 bytes/);
    });
  });
});
