import { saveFigures } from "../display/save-figures";
import type { HeadResult } from "../results/head-result";
import type { ResultByName, ResultName } from "./registry";
import { writeResult } from "./write-result";

/** What {@link saveResult} wrote. */
export interface SavedResult {
  /** The result's file. */
  readonly path: string;
  /** The figures' files. */
  readonly figures: readonly string[];
  /** Why the file has another name than usual; null when it has the usual one. */
  readonly note: string | null;
}

/**
 * Writes a result, and its figures into the folder beside it.
 *
 * @param figures by file name; as HTML, JSON and, where there is a browser, PNG
 * @param options the folder, "results" unless given; the kind, where the result does not say it
 * @throws ResultError if the result is not valid, or a file or folder cannot be written
 * @throws FigureError if a figure holds NaN or an infinity
 * @example
 * const result = await analyzeLinearWeights(head);
 * const { path } = await saveResult(result, linearWeightsFigures(result));
 */
export async function saveResult<R extends HeadResult>(
  result: R,
  figures: object = {},
  { directory = "results", name }: { readonly directory?: string; readonly name?: ResultName } = {},
): Promise<SavedResult> {
  const { path, figuresDirectory, note } = await writeResult(
    result as unknown as ResultByName[ResultName],
    { directory, name },
  );
  const files = await saveFigures(figures as never, { directory: figuresDirectory });
  const saved: SavedResult = { path, figures: files, note };
  return Object.defineProperty(saved, Symbol.for("nodejs.util.inspect.custom"), {
    value: () => savedText(saved),
  });
}

/** A line for each file that was written, and the note. */
export function savedText({ path, figures, note }: SavedResult): string {
  const lines = [path, ...figures].map((file) => `wrote ${file}`);
  return [...(note === null ? [] : [note]), ...lines].join("\n");
}
