import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Locator, Page } from "playwright-core";
import { closeBrowser } from "../../src/display/browser";
import { visit, whyNoBrowser } from "../display/browser-for-tests";
import { type JupyterServer, startJupyter, visitJupyter } from "./jupyter";
import { executeCells, folderInProject, readNotebook, runNotebooks } from "./kernel";

const NOTEBOOKS = ["linear_weights_analysis", "activation_patching"] as const;

/** What a drawn figure has, as its notebook's plotly JSON says. */
interface Expected {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Markers and bars, all traces together. */
  readonly marks: number;
}

interface FigureJson {
  readonly data: readonly {
    readonly type: string;
    readonly mode?: string;
    readonly x: readonly unknown[];
  }[];
  readonly layout: {
    readonly title: { readonly text: string };
    readonly width: number;
    readonly height: number;
  };
}

function expectedFigures(file: string): Expected[] {
  return readNotebook(file)
    .cells.flatMap(({ outputs = [] }) => outputs)
    .flatMap(({ data }) => (data?.["application/vnd.plotly.v1+json"] as FigureJson) ?? [])
    .map(({ data, layout }) => ({
      title: layout.title.text,
      width: layout.width,
      height: layout.height,
      marks: data
        .filter(({ type, mode }) => type === "bar" || mode?.includes("markers"))
        .reduce((sum, { x }) => sum + x.length, 0),
    }));
}

/** Renderers, and what must be seen of each where a notebook is trusted and where it is not. */
const SEEN = {
  plotly_mimetype: { untrusted: "plot", trusted: "plot", page: "numbers" },
  png: { untrusted: "picture", trusted: "picture", page: "picture" },
  svg: { untrusted: "numbers", trusted: "picture", page: "picture" },
  notebook: { untrusted: "numbers", trusted: "plot", page: "plot" },
  json: { untrusted: "tree", trusted: "tree", page: "numbers" },
  "notebook+png": { untrusted: "numbers", trusted: "plot", page: "plot" },
  "plotly_mimetype+svg": { untrusted: "plot", trusted: "plot", page: "picture" },
} as const;

/** Cells with one figure for each renderer, then a figure where pictures are switched off. */
const RENDERER_CELLS = [
  `import { progressBar, showFigure, weightSimilarityComparisonFigure } from "tslens";
const figure = weightSimilarityComparisonFigure([
  { label: "MLP input weights", value: 0.12, kind: "mlp_input" },
  { label: "MLP output weights", value: -0.37, kind: "mlp_output" },
]);`,
  ...Object.keys(SEEN).map((renderer) => `await showFigure(figure, { renderer: "${renderer}" });`),
  `process.env.TSLENS_NO_BROWSER = "1";
process.env.TSLENS_RENDERER = "png";
await showFigure(figure);`,
  `const bar = progressBar({ label: "Counting", total: 30 });
for (let i = 1; i <= 30; i++) {
  bar.update(i);
  await bar.breathe();
  await new Promise((resolve) => setTimeout(resolve, 30));
}
bar.done();`,
];

describe("executed notebooks in Jupyter, in a browser without a network", () => {
  let folder: string;
  let noBrowser: string | null = null;
  let jupyter: JupyterServer;
  let withoutPlotly: JupyterServer;

  before(async () => {
    noBrowser = await whyNoBrowser();
    if (noBrowser) return;
    folder = folderInProject();
    const { status, output } = runNotebooks([...NOTEBOOKS, "--out", folder]);
    assert.equal(status, 0, output);
    await executeCells(RENDERER_CELLS, join(folder, "notebooks"), "renderers");
    for (const copy of ["trusted", "untrusted"]) {
      mkdirSync(join(folder, copy));
      for (const name of [...NOTEBOOKS, "renderers"]) {
        const notebook = readNotebook(join(folder, "notebooks", `${name}.ipynb`));
        // Trust goes by content, so the two copies have to differ.
        const metadata = { ...notebook.metadata, copy };
        writeFileSync(
          join(folder, copy, `${name}.ipynb`),
          JSON.stringify({ ...notebook, metadata }),
        );
      }
    }
    jupyter = await startJupyter(folder);
    withoutPlotly = await startJupyter(folder, { plotlyRenderer: false });
    for (const name of [...NOTEBOOKS, "renderers"]) jupyter.trust(`trusted/${name}.ipynb`);
  });
  after(async () => {
    await closeBrowser();
    await Promise.all([jupyter?.stop(), withoutPlotly?.stop()]);
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  for (const name of NOTEBOOKS) {
    for (const copy of ["untrusted", "trusted"] as const) {
      it(`JupyterLab, ${copy}: ${name} shows pictures, and live figures under the pointer`, async (t) => {
        if (noBrowser) return t.skip(noBrowser);
        const file = `${copy}/${name}.ipynb`;
        await visitJupyter(jupyter.inLab(file), async ({ page, errors, outside }) => {
          await checkLiveFigures(page, expectedFigures(join(folder, file)));
          await checkTrust(page, copy);
          assert.deepEqual({ errors, outside }, { errors: [], outside: [] });
        });
      });
    }

    it(`JupyterLab without the plotly renderer: ${name} shows every picture`, async (t) => {
      if (noBrowser) return t.skip(noBrowser);
      const file = `untrusted/${name}.ipynb`;
      await visitJupyter(withoutPlotly.inLab(file), async ({ page, errors, outside }) => {
        const places = page.locator(".jp-RenderedImage");
        for (const [index, one] of expectedFigures(join(folder, file)).entries()) {
          await checkPicture(places.nth(index), one);
        }
        assert.equal(await page.locator(".jp-RenderedPlotly").count(), 0);
        assert.deepEqual({ errors, outside }, { errors: [], outside: [] });
      });
    });

    it(`Notebook 7: ${name} shows pictures, and live figures under the pointer`, async (t) => {
      if (noBrowser) return t.skip(noBrowser);
      const file = `untrusted/${name}.ipynb`;
      await visitJupyter(jupyter.inNotebook7(file), async ({ page, errors, outside }) => {
        await checkLiveFigures(page, expectedFigures(join(folder, file)));
        // Notebook 7 has errors of its own, with any notebook: menu entries for what it leaves out.
        const ofFigures = errors.filter((error) => /plotly|figure|svg/i.test(error));
        assert.deepEqual({ ofFigures, outside }, { ofFigures: [], outside: [] });
      });
    });

    it(`the web page of ${name} shows every picture and loads nothing`, async (t) => {
      if (noBrowser) return t.skip(noBrowser);
      const file = join(folder, "notebooks", `${name}.html`);
      await visit(
        file,
        async ({ page, errors, requests }) => {
          const pictures = page.locator(".jp-RenderedImage");
          const expected = expectedFigures(file.replace(/html$/, "ipynb"));
          assert.equal(await pictures.count(), expected.length);
          for (const [index, one] of expected.entries()) {
            await checkPicture(pictures.nth(index), one);
          }
          const asked = requests.filter((address) => !address.startsWith("data:"));
          assert.deepEqual({ errors, asked }, { errors: [], asked: [] });
        },
        { waitFor: ".jp-Notebook, main" },
      );
    });
  }

  for (const copy of ["untrusted", "trusted"] as const) {
    it(`JupyterLab, ${copy}: no renderer leaves a blank`, async (t) => {
      if (noBrowser) return t.skip(noBrowser);
      await visitJupyter(jupyter.inLab(`${copy}/renderers.ipynb`), async ({ page, errors }) => {
        const outputs = page.locator(".jp-CodeCell .jp-OutputArea");
        await checkTrust(page, copy);
        for (const [index, seen] of Object.values(SEEN).entries()) {
          await checkSeen(outputs.nth(index + 1), seen[copy]);
        }
        await checkReason(outputs.nth(Object.keys(SEEN).length + 1));
        assert.deepEqual(errors, []);
      });
    });
  }

  it("the web page: no renderer leaves a blank", async (t) => {
    if (noBrowser) return t.skip(noBrowser);
    const file = join(folder, "notebooks", "renderers.html");
    await visit(
      file,
      async ({ page, errors }) => {
        const outputs = page.locator(".jp-CodeCell .jp-Cell-outputArea");
        for (const [index, seen] of Object.values(SEEN).entries()) {
          await checkSeen(outputs.nth(index), seen.page);
        }
        await checkReason(outputs.nth(Object.keys(SEEN).length));
        assert.deepEqual(errors, []);
      },
      { waitFor: ".jp-Notebook, main" },
    );
  });

  it("JupyterLab, live: a bar moves in place, and a figure that a cell shows is there", async (t) => {
    if (noBrowser) return t.skip(noBrowser);
    await visitJupyter(jupyter.inLab("trusted/renderers.ipynb"), async ({ page, errors }) => {
      const cells = page.locator(".jp-CodeCell");
      await page.getByText("TypeScript | Idle").waitFor();
      const run = async (cell: Locator) => {
        await cell.locator(".cm-content").click();
        await page.keyboard.press("Shift+Enter");
      };
      await run(cells.first());
      await run(cells.nth(1));
      await cells.nth(1).locator(".jp-RenderedPlotly .gtitle").waitFor();

      const counting = cells.nth(RENDERER_CELLS.length - 1);
      const bar = counting.locator(".jp-OutputArea-output");
      await run(counting);
      await bar.filter({ hasText: /Counting [█░]{24} [1-9]\d* of 30/ }).waitFor();
      await bar.filter({ hasText: /Counting: 30 in \d+\.\d s/ }).waitFor();
      assert.equal(await bar.count(), 1);
      // JupyterLab asks for its debugger, which the kernel does not have.
      assert.deepEqual(
        errors.filter((error) => !/debugger session/.test(error)),
        [],
      );
    });
  });
});

/** JupyterLab marks outputs that may do as they like. */
async function checkTrust(page: Page, copy: "trusted" | "untrusted"): Promise<void> {
  await page.locator(".jp-RenderedHTML").first().waitFor({ state: "attached" });
  const trusted = await page.locator(".jp-RenderedHTML.jp-mod-trusted").count();
  assert.equal(trusted > 0, copy === "trusted");
}

/** Each place shows its picture whole; under the pointer Plotly draws the figure there. */
async function checkLiveFigures(page: Page, expected: readonly Expected[]): Promise<void> {
  const places = page.locator(".jp-RenderedPlotly");
  await places.nth(expected.length - 1).waitFor();
  assert.equal(await places.count(), expected.length);
  for (const [index, one] of expected.entries()) {
    const place = places.nth(index);
    await page.mouse.move(0, 0);
    await checkPicture(place, one);
    await place.hover();
    await place.locator(".gtitle").waitFor();
    assert.equal(await place.locator(".gtitle").textContent(), one.title);
    assert.equal(await place.locator(".point").count(), one.marks, `marks of ${one.title}`);
  }
}

/** A picture that has arrived and is shown at the figure's size. */
async function checkPicture(place: Locator, { title, width, height }: Expected): Promise<void> {
  await place.scrollIntoViewIfNeeded();
  const picture = await place.locator("img").evaluate(async (element) => {
    const image = element as unknown as Picture;
    await image.decode();
    return { width: image.clientWidth, height: image.clientHeight };
  });
  assert.deepEqual(picture, { width, height }, title);
}

interface Picture {
  readonly clientWidth: number;
  readonly clientHeight: number;
  decode(): Promise<void>;
}

/** What one output shows of the figure of `RENDERER_CELLS`. */
async function checkSeen(output: Locator, what: "plot" | "picture" | "numbers" | "tree") {
  await output.scrollIntoViewIfNeeded();
  switch (what) {
    case "plot":
      await output.hover();
      await output.locator(".gtitle").waitFor();
      assert.equal(await output.locator(".bars .point").count(), 2);
      return;
    case "picture":
      return checkPicture(output, { title: "", width: 820, height: 440, marks: 2 });
    case "tree":
      await output.getByText("layout").waitFor();
      return;
    case "numbers":
      await output.getByText(/cosine similarity: x = 0, 1; y = 0\.12, −0\.37/).waitFor();
  }
}

async function checkReason(output: Locator): Promise<void> {
  await output.scrollIntoViewIfNeeded();
  await output
    .getByText(/No picture: Pictures are switched off; found TSLENS_NO_BROWSER/)
    .waitFor();
  await output.getByText(/y = 0\.12, −0\.37/).waitFor();
}
