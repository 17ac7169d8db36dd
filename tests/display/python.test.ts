import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { saveFigures } from "../../src/display/save-figures";
import type { Figure } from "../../src/figures/figure";
import { exampleFigures } from "../experiments/example-data";
import { everyTokenDrawings } from "../figures/every-token-drawings";

const folder = mkdtempSync(join(tmpdir(), "tslens-python-"));
after(() => rmSync(folder, { recursive: true }));

/** Opens each file with plotly, which checks every property, and says what it found. */
const READ = `
import json, sys
import plotly.io
figures = [plotly.io.read_json(path) for path in sys.argv[1:]]
print(json.dumps([
    {
        "title": figure.layout.title.text,
        "template": figure.layout.template.layout.paper_bgcolor,
        "points": sum(len(trace.x) for trace in figure.data),
    }
    for figure in figures
]))`;

test("plotly.io.read_json opens every figure, in both sizes", async (t) => {
  const { environmentPython } = await import("../../scripts/setup/python.mjs");
  const { status, error } = spawnSync(environmentPython, ["-c", "import plotly"]);
  if (error || status !== 0) return t.skip("no Python with plotly here");
  for (const size of ["notebook", "column"] as const) {
    const figures: Record<string, Figure> = { ...exampleFigures(size) };
    for (const [name, draw] of Object.entries(everyTokenDrawings)) figures[name] = draw(size);
    const files = await saveFigures(figures, { directory: join(folder, size), formats: ["json"] });
    const { stdout, stderr } = spawnSync(environmentPython, ["-c", READ, ...files], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    const expected = Object.values(figures).map(({ data, layout }) => ({
      title: (layout.title as { text: string }).text,
      template: "#FFFFFF",
      points: data.reduce((sum, { x }) => sum + (x as unknown[]).length, 0),
    }));
    assert.deepEqual(JSON.parse(stdout), expected);
  }
});
