import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bundledChromium, hasBundledChromium } from "../../src/display/bundled-chromium";
import { saveFigure } from "../../src/display/save-figure";
import { FigureError, ResultError } from "../../src/errors";
import { writeReport } from "../../src/report/write-report";
import { exampleFigures } from "../experiments/example-data";

const fig = exampleFigures().weight_similarity_comparison!;
const folder = mkdtempSync(join(tmpdir(), "tslens-disk-"));
const disk = join(folder, "disk");
/** Room for a figure's JSON, not for its page with plotly.js in it. */
const DISK_BYTES = 400_000;
let whyNoDisk: string | null = null;

function mount(...options: string[]): string | null {
  const { status, stderr, error } = spawnSync("mount", options, { encoding: "utf8" });
  return status === 0 ? null : `a small disk needs root and mount: ${error?.message ?? stderr}`;
}

before(() => {
  mkdirSync(disk);
  whyNoDisk = mount("-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk);
});
after(() => {
  if (whyNoDisk === null) spawnSync("umount", ["--lazy", disk]);
  rmSync(folder, { recursive: true });
});

test("a full disk is named, and no part of a figure stays on it", async (t) => {
  if (whyNoDisk) return t.skip(whyNoDisk);
  const [json] = await saveFigure(fig, "fits", { directory: disk, formats: ["json"] });
  const before = readFileSync(json!, "utf8");
  await assert.rejects(
    saveFigure(fig, "fits", { directory: disk, formats: ["html"] }),
    (error: Error) =>
      error instanceof FigureError &&
      /fits\.html: The figure cannot be written; found ENOSPC\. Make room on the disk\./.test(
        error.message,
      ),
  );
  assert.deepEqual(readdirSync(disk), ["fits.json"]);
  assert.equal(readFileSync(json!, "utf8"), before);
});

test("a full disk leaves no part of a results page", async (t) => {
  if (whyNoDisk) return t.skip(whyNoDisk);
  const result = { model_path: "m", target_layer: 1, target_neuron: 2, slope: 0.5 };
  const figures = join(disk, "activation_patching_1_2");
  writeFileSync(`${figures}.json`, JSON.stringify(result));
  await saveFigure(fig, "one", { directory: figures, formats: ["json"] });
  await assert.rejects(
    writeReport(disk),
    (error: Error) => error instanceof ResultError && /index\.html: .*ENOSPC/.test(error.message),
  );
  assert.deepEqual(
    readdirSync(disk).filter(
      (name) => !name.endsWith(".json") && name !== "activation_patching_1_2",
    ),
    [],
  );
});

test("a browser that finds no room to be unpacked says so, and leaves nothing", async (t) => {
  if (whyNoDisk) return t.skip(whyNoDisk);
  if (!hasBundledChromium()) return t.skip("no bundled Chromium for this system");
  process.env.TSLENS_CACHE = disk;
  try {
    await assert.rejects(
      bundledChromium(),
      (error: Error) =>
        error instanceof FigureError &&
        /The bundled Chromium cannot be unpacked; found .*ENOSPC.*about 200 MB/.test(error.message),
    );
  } finally {
    delete process.env.TSLENS_CACHE;
  }
  assert.deepEqual(readdirSync(join(disk, "chromium")), []);
  rmSync(join(disk, "chromium"), { recursive: true });
});

test("a read-only disk is named, and nothing is written", async (t) => {
  if (whyNoDisk) return t.skip(whyNoDisk);
  const before = readdirSync(disk);
  const problem = mount("-o", "remount,ro", disk);
  if (problem) return t.skip(problem);
  try {
    await assert.rejects(
      saveFigure(fig, "late", { directory: disk, formats: ["json"] }),
      /late\.json: The figure cannot be written; found EROFS\. Choose a folder/,
    );
    await assert.rejects(
      saveFigure(fig, "late", { directory: join(disk, "below"), formats: ["json"] }),
      (error: Error) =>
        error instanceof FigureError && /below: .*cannot be written/.test(error.message),
    );
  } finally {
    mount("-o", "remount,rw", disk);
  }
  assert.deepEqual(readdirSync(disk), before);
});
