import { saveFigures } from "../display/save-figures";
import type { Figure } from "../figures/figure";
import type { ResultByName, ResultName } from "../results/result-by-name";
import { writeResult } from "../results/write-result";

/** Writes a result and its figures into a folder, and says in lines what was written. */
export async function writeAll<N extends ResultName>(
  name: N,
  result: ResultByName[N],
  figures: Readonly<Record<string, Figure>> | object,
  directory: string,
): Promise<string> {
  const { path, note, figuresDirectory } = await writeResult(result, { directory, name });
  const files = await saveFigures(figures, { directory: figuresDirectory });
  const lines = [path, ...files].map((file) => `wrote ${file}`);
  return `\n${[...(note ? [note] : []), ...lines].join("\n")}\n`;
}
