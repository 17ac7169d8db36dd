import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { describe, test } from "node:test";
import ts from "typescript";

/** What each floor may import beside itself: the table of docs/architecture.md. */
const MAY_IMPORT: Record<string, readonly string[]> = (() => {
  const model = ["errors", "files", "progress", "tensors", "stats", "checkpoints"];
  const heads = [...model, "model"];
  const patching = [...heads, "heads"];
  const training = [...heads, "heads"];
  const corpus = [...heads, "heads", "training", "patching", "results", "version"];
  const results = ["errors", "text", "patching", "heads"];
  const analysis = [...patching, "patching", "results", "training", "corpus", "text", "version"];
  const experiments = [...analysis, "analysis", "figures", "display"];
  const everything = [...experiments, "experiments", "report"];
  return {
    errors: [],
    version: [],
    progress: ["errors"],
    files: ["progress"],
    tensors: ["errors"],
    text: [],
    stats: ["errors"],
    checkpoints: ["errors", "files"],
    model,
    heads,
    training,
    patching,
    results,
    corpus,
    analysis,
    figures: ["errors", "text", "stats", "results"],
    display: ["errors", "files", "progress", "text", "figures"],
    experiments,
    report: [
      ...["errors", "files", "text", "checkpoints", "heads", "results", "figures", "display"],
      "experiments",
    ],
    study: everything,
    explore: [...everything, "study"],
    cli: [...everything, "study", "explore", "index"],
    index: [...everything, "study", "cli"],
  };
})();

const DRAWERS = ["utils", "util", "helpers", "helper", "common", "types", "misc", "shared"];

const sourceFolder = join(__dirname, "..", "src");

const files = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => name.split(/[\\/]/).join("/").replace(/\.ts$/, ""))
  .sort();

const imports = new Map(files.map((file) => [file, relativeImports(file)]));

/** `model/config` → `model`; `errors` → `errors`. */
function floorOf(file: string): string {
  return file.split("/")[0]!;
}

/** The project's own files that `file` imports, types and `await import()` included. */
function relativeImports(file: string): string[] {
  const path = file.endsWith(".tsx") ? file : `${file}.ts`;
  const text = readFileSync(join(sourceFolder, path), "utf8");
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => {
      const target = posix.join(posix.dirname(file), name.replace(/\.js$/, ""));
      const there = [target, `${target}.tsx`].find((name) => files.includes(name));
      return there ?? posix.join(target, "index");
    });
}

describe("the floors of docs/architecture.md", () => {
  test("every file stands on a floor that the page names", () => {
    const page = readFileSync(join(__dirname, "..", "docs", "architecture.md"), "utf8");
    const named = [...page.matchAll(/^\| `src\/([a-z]+)/gm)].map((row) => row[1]);
    assert.deepEqual(named, Object.keys(MAY_IMPORT));
    assert.deepEqual(
      files.filter((file) => !(floorOf(file) in MAY_IMPORT)),
      [],
    );
  });

  test("a floor imports only what it may", () => {
    const wrong = files.flatMap((file) =>
      imports
        .get(file)!
        .filter((target) => floorOf(target) !== floorOf(file))
        .filter((target) => !MAY_IMPORT[floorOf(file)]?.includes(floorOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  test("the page of tslens explore knows of heads and models what its interface tells, and what draws", () => {
    const allowed =
      /^(explore\/(explorer|posted|page\/.*)|(figures|text)\/.*|display\/(plain-figure|figure-text))$/;
    const wrong = files
      .filter((file) => file.startsWith("explore/page/"))
      .flatMap((file) => imports.get(file)!)
      .filter((target) => !allowed.test(target));
    assert.deepEqual(wrong, []);
  });

  test("every import leads to a file", () => {
    const wrong = files.flatMap((file) =>
      imports
        .get(file)!
        .filter((target) => !files.includes(target))
        .map((target) => `${file} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  test("no file imports itself by way of others", () => {
    assert.deepEqual(firstCycle(), []);
  });
});

test("file names are kebab-case and no drawers", () => {
  const wrong = files.filter(
    (file) =>
      !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(basename(file, ".tsx")) ||
      [basename(file), ...dirname(file).split("/")].some((part) => DRAWERS.includes(part)),
  );
  assert.deepEqual(wrong, []);
});

/** The files of one import cycle in order; empty if there is none. */
function firstCycle(): string[] {
  const finished = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return [];
    for (const target of imports.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    finished.add(file);
    return [];
  };
  for (const file of files) {
    const cycle = walk(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
