import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../checkpoints/json-file";
import { ResultError, TslensError } from "../errors";
import { shownText } from "../text/shown-text";

/** A notebook that was executed: its web page, and whose it is. */
export interface ExecutedNotebook {
  /** The page, relative to the results folder. */
  readonly page: string;
  /** The notebook's name, e.g. `activation_patching`. */
  readonly name: string;
  /** The head's directory, as it was given; null where the notebook does not say. */
  readonly modelPath: string | null;
}

/**
 * The pages of executed notebooks in a folder. Whose each is stands in the notebook beside it, in its
 * metadata, where `scripts/execute_notebook.py` puts it.
 *
 * @param folder - `results/notebooks`
 * @param namesIn - lists a folder's files
 */
export function executedNotebooks(
  folder: string,
  namesIn: (path: string) => readonly string[],
): ExecutedNotebook[] {
  return namesIn(folder)
    .filter((file) => file.endsWith(".html"))
    .map((file) => {
      const stem = file.replace(/\.html$/, "");
      const { notebook, model_path } = saidIn(join(folder, `${stem}.ipynb`));
      return {
        page: `notebooks/${file}`,
        name: typeof notebook === "string" ? shownText(notebook) : stem,
        modelPath: typeof model_path === "string" ? model_path : null,
      };
    });
}

function saidIn(notebook: string): { readonly notebook?: unknown; readonly model_path?: unknown } {
  try {
    const content = existsSync(notebook) ? readJsonFile(notebook, ResultError) : null;
    return (content as { metadata?: { tslens?: object | null } } | null)?.metadata?.tslens ?? {};
  } catch (error) {
    if (error instanceof TslensError) return {};
    throw error;
  }
}
