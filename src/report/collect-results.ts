import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../checkpoints/json-file";
import { ResultError } from "../errors";
import { STUDY_FILE } from "../results/result-file-names";
import { LONGEST_SENTENCE, shownText } from "../text/shown-text";
import { type ExecutedNotebook, executedNotebooks } from "./executed-notebooks";
import { type PageFigure, storedFigure } from "./page-figures";

/** A result file, as it was found. Its keys may be those of an older or a newer tslens. */
export interface FoundResult {
  /** The file's name. */
  readonly file: string;
  /** Which kind of result, as its file's name begins, e.g. `activation_patching`. */
  readonly kind: string;
  readonly layer: number;
  readonly neuron: number;
  /** What the file holds: any JSON under any key. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The figures whose JSON lies in the folder beside it. */
  readonly stored: readonly PageFigure[];
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
  readonly notebooks: readonly ExecutedNotebook[];
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
  const shownUnless = <T>(file: string, read: (path: string) => T, otherwise: T): T => {
    const path = join(directory, file);
    try {
      return read(path);
    } catch (error) {
      const reason = (error as Error).message.replace(`${path}: `, "");
      notShown.push({ file, reason: shownText(reason, LONGEST_SENTENCE) });
      return otherwise;
    }
  };
  const isResult = (name: string) => name.endsWith(".json") && name !== STUDY_FILE;
  for (const file of namesIn(directory).filter(isResult)) {
    const read = shownUnless(file, (path) => readResult(path, file), null);
    if (read === null) continue;
    const folder = file.replace(/\.json$/, "");
    const exports = shownUnless(folder, namesInFolder, []);
    const stored = exports
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => {
        const figure = shownUnless(
          join(folder, name),
          (path) => storedFigure(name.replace(/\.json$/, ""), readJsonFile(path, ResultError)),
          null,
        );
        return figure === null ? [] : [figure];
      });
    const kind = RESULT_FILE.exec(file)?.[1] ?? folder;
    results.push({ file, kind, ...read, stored, exports });
  }
  const notebooks = shownUnless("notebooks", (path) => executedNotebooks(path, namesInFolder), []);
  return { results, notShown, notebooks };
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

/** The files in a folder that may not be there. */
function namesInFolder(path: string): string[] {
  try {
    return existsSync(path) && statSync(path).isDirectory() ? readdirSync(path).sort() : [];
  } catch (cause) {
    throw new ResultError("the folder cannot be read", {
      file: path,
      found: (cause as NodeJS.ErrnoException).code,
      cause,
    });
  }
}

/** A result, which says of what layer and neuron it is, or whose file's name does. */
function readResult(path: string, file: string): Pick<FoundResult, "layer" | "neuron" | "content"> {
  const content = readJsonFile(path, ResultError);
  const [, , layer, neuron] = RESULT_FILE.exec(file) ?? [];
  const isObject = typeof content === "object" && content !== null && !Array.isArray(content);
  const { target_layer = Number(layer), target_neuron = Number(neuron) } = (
    isObject ? content : {}
  ) as { target_layer?: unknown; target_neuron?: unknown };
  if (!isObject || !isIndex(target_layer) || !isIndex(target_neuron)) {
    throw new ResultError("this is not a result of tslens", {
      file: path,
      expected: `an object with the keys "target_layer" and "target_neuron"`,
    });
  }
  return {
    layer: target_layer,
    neuron: target_neuron,
    content: content as Record<string, unknown>,
  };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
