import { existsSync } from "node:fs";
import { join } from "node:path";
import { ResultError } from "../errors";
import { atomicWrite } from "../files/atomic-write";
import { STUDY_FILE } from "../results/result-file-names";
import { collectResults, type NotShown } from "./collect-results";
import { reportPage } from "./report-page";

/** Where nothing can be shown, the error names so many files. */
const MOST_NAMED = 3;

/** What a report's page is called in a folder. */
function pageName(directory: string): string {
  return existsSync(join(directory, STUDY_FILE)) ? "report.html" : "index.html";
}

/** What a report was made of. */
export interface WrittenReport {
  /** The page. */
  readonly path: string;
  /** How many results it shows. */
  readonly results: number;
  /** Files of the folder that it could not show, and why. */
  readonly notShown: readonly NotShown[];
}

/**
 * Writes `index.html` into a folder of results: one self-contained page with every analysed head, its
 * numbers, all figures and links to the files. In a study's folder, whose `index.html` compares its heads,
 * the page is `report.html`.
 *
 * @param directory - where results are, and where the page goes
 * @throws {ResultError} when there is no such folder, no result in it, or the page cannot be written
 *   (then a page that was there stays)
 *
 * @example
 * await writeResult(result, { directory: "results", name: "linear_weights_analysis" });
 * const { path } = await writeReport("results");
 * console.log(path); // results/index.html
 */
export async function writeReport(directory: string): Promise<WrittenReport> {
  const collected = collectResults(directory);
  const { results, notShown } = collected;
  if (results.length === 0) {
    throw new ResultError("there is no result to show", {
      file: directory,
      found:
        notShown
          .slice(0, MOST_NAMED)
          .map(({ file, reason }) => `${file} (${reason})`)
          .join("; ") || "no JSON file",
      remedy: "Run a notebook, or `tslens weights` and `tslens patch` with --out, first.",
    });
  }
  const path = join(directory, pageName(directory));
  const page = reportPage(collected);
  try {
    await atomicWrite(path, page, { within: directory });
  } catch (cause) {
    throw new ResultError("the results page cannot be written", {
      file: path,
      found: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message,
      remedy: "Make the folder writable and make room on its disk.",
      cause,
    });
  }
  return { path, results: results.length, notShown };
}
