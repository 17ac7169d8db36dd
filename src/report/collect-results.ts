import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../checkpoints/json-file";
import { ResultError } from "../errors";
import type { Figure } from "../figures/figure";
import { plainFigure } from "../figures/plain-figure";

/** A figure's JSON that lies in the folder beside a result. */
export interface StoredFigure {
  /** Its file's name without ending, e.g. `scaling_experiment`. */
  readonly name: string;
  readonly figure: Figure;
}

/** A result file, as it was found. Its keys may be those of an older or a newer tslens. */
export interface FoundResult {
  /** The file's name. */
  readonly file: string;
  /** Which kind of result, as its file's name begins, e.g. `activation_patching`. */
  readonly kind: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly stored: readonly StoredFigure[];
  /** The files in the folder beside it, e.g. `scaling_experiment.html`. */
  readonly exports: readonly string[];
}

/** A file that could not be shown, and why. */
export interface NotShown {
  readonly file: string;
  readonly reason: string;
}

/** What a results folder holds. */
export interface CollectedResults {
  readonly results: readonly FoundResult[];
  readonly notShown: readonly NotShown[];
  /** Executed notebooks as web pages, relative to the folder. */
  readonly notebooks: readonly string[];
}

/** `activation_patching_2_52__run.json`: what it is, of which layer and neuron, and of which run. */
const RESULT_FILE = /^(.+?)_(\d+)_(\d+)(?:__.*)?\.json$/;

/**
 * Reads every result in a folder with the figures beside it. A file that is no result, or broken, is
 * named with its reason and holds up nothing.
 *
 * @throws {ResultError} when there is no such folder
 */
export function collectResults(directory: string): CollectedResults {
  const results: FoundResult[] = [];
  const notShown: NotShown[] = [];
  const shownUnless = <T>(file: string, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      const reason = (error as Error).message.replace(`${join(directory, file)}: `, "");
      notShown.push({ file, reason });
      return null;
    }
  };
  for (const file of namesIn(directory).filter((name) => name.endsWith(".json"))) {
    const content = shownUnless(file, () => readResult(directory, file));
    if (content === null) continue;
    const folder = file.replace(/\.json$/, "");
    const exports = isFolder(join(directory, folder)) ? namesIn(join(directory, folder)) : [];
    const stored = exports
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => {
        const path = join(folder, name);
        const figure = shownUnless(path, () => readFigure(join(directory, path)));
        return figure === null ? [] : [{ name: name.replace(/\.json$/, ""), figure }];
      });
    const kind = RESULT_FILE.exec(file)?.[1] ?? folder;
    results.push({ file, kind, content, stored, exports });
  }
  return { results, notShown, notebooks: notebookPages(directory) };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    throw new ResultError("there is no such folder of results", {
      file: directory,
      found: (cause as NodeJS.ErrnoException).code,
      remedy: "Run a notebook, or `tslens weights` and `tslens patch` with --out, first.",
      cause,
    });
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** A result, which says of what layer and neuron it is, or whose file's name does. */
function readResult(directory: string, file: string): Readonly<Record<string, unknown>> {
  const path = join(directory, file);
  const content = readJsonFile(path, ResultError);
  const [, , layer, neuron] = RESULT_FILE.exec(file) ?? [];
  const named = layer ? { target_layer: Number(layer), target_neuron: Number(neuron) } : {};
  const result = { ...named, ...(content as object) } as Record<string, unknown>;
  const isObject = typeof content === "object" && content !== null && !Array.isArray(content);
  if (
    !isObject ||
    !Number.isInteger(result.target_layer) ||
    !Number.isInteger(result.target_neuron)
  ) {
    throw new ResultError("this is not a result of tslens", {
      file: path,
      expected: `an object with the keys "target_layer" and "target_neuron"`,
    });
  }
  return result;
}

function readFigure(path: string): Figure {
  const content = (readJsonFile(path, ResultError) ?? {}) as Partial<Figure>;
  const { data, layout = {} } = content;
  if (!Array.isArray(data) || data.some((trace) => typeof trace !== "object" || trace === null)) {
    throw new ResultError("this is not a figure", {
      file: path,
      expected: `an object with a list "data" of Plotly's traces`,
    });
  }
  return plainFigure({ data, layout });
}

function notebookPages(directory: string): string[] {
  const folder = join(directory, "notebooks");
  if (!isFolder(folder)) return [];
  return namesIn(folder)
    .filter((name) => name.endsWith(".html"))
    .map((name) => `notebooks/${name}`);
}
