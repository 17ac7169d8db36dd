import { join } from "node:path";
import { FigureError } from "../errors";
import type { Figure } from "../figures/figure";
import { atomicWrite } from "../files/atomic-write";
import { makeFolder } from "../files/make-folder";
import { picturesAreOff } from "./browser";
import { figurePage } from "./figure-html";
import { picture } from "./picture";
import { plainFigure } from "./plain-figure";

export type FigureFormat = "html" | "json" | "png" | "svg" | "pdf";

export interface SaveFigureOptions {
  /** The folder; made if it does not exist. */
  readonly directory?: string;
  /**
   * What to write. A format named here is written or it is an error; without this option it is HTML,
   * JSON and PNG; the PNG is left out where pictures are switched off, and, with a warning, where no
   * browser can make it.
   */
  readonly formats?: readonly FigureFormat[];
  /** Pixels of the PNG per pixel of the figure. */
  readonly scale?: number;
}

const FORMATS: readonly FigureFormat[] = ["html", "json", "png", "svg", "pdf"];
const DEFAULT_FORMATS: readonly FigureFormat[] = ["html", "json", "png"];

/**
 * Writes a figure: `html` opens offline and is interactive, `json` opens in Python with
 * `plotly.io.read_json`, `png` is at twice the size, `svg` and `pdf` are vectors. Every file is
 * complete or not there.
 *
 * @param name - the files' name without an ending, e.g. `scaling_experiment`
 * @returns the paths that were written, in the order of `formats`
 * @throws {FigureError} when a number is NaN or infinite, a name or format is wrong, a picture that was asked for cannot be made
 *   (then nothing is written), or a file cannot be written
 *
 * @example
 * await saveFigure(figure, "scaling_experiment", { directory: "results", formats: ["html", "svg"] });
 * // ["results/scaling_experiment.html", "results/scaling_experiment.svg"]
 */
export async function saveFigure(
  fig: Figure,
  name: string,
  { directory = "results", formats, scale = 2 }: SaveFigureOptions = {},
): Promise<string[]> {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_. -]*$/u.test(name)) {
    throw new FigureError("A figure's name becomes its files' name", {
      found: `"${name}"`,
      expected: "letters, digits, _ - . and no folder",
    });
  }
  const wanted = formats ?? DEFAULT_FORMATS;
  for (const format of wanted) {
    if (!FORMATS.includes(format)) {
      throw new FigureError("Unknown figure format", {
        found: `"${format}"`,
        expected: FORMATS.join(", "),
      });
    }
  }

  const plain = plainFigure(fig);
  const files: { path: string; content: string | Buffer }[] = [];
  for (const format of new Set(wanted)) {
    const path = join(directory, `${name}.${format}`);
    try {
      files.push({ path, content: await contentOf(plain, name, format, scale) });
    } catch (error) {
      if (formats !== undefined || !(error instanceof FigureError)) throw error;
      if (!picturesAreOff()) console.warn(`${path} was not written. ${error.message}`);
    }
  }
  await inFolder(directory, async () => makeFolder(directory));
  for (const { path, content } of files) {
    await inFolder(path, () => atomicWrite(path, content, { within: directory }));
  }
  return files.map(({ path }) => path);
}

async function contentOf(
  fig: Figure,
  name: string,
  format: FigureFormat,
  scale: number,
): Promise<string | Buffer> {
  switch (format) {
    case "html":
      return figurePage(fig, name);
    case "json":
      return `${JSON.stringify({ data: fig.data, layout: fig.layout })}\n`;
    default:
      return picture(fig, format, { scale });
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "Choose a folder that you may write to.",
  EPERM: "Choose a folder that you may write to.",
  EROFS: "Choose a folder that you may write to.",
  ENOSPC: "Make room on the disk.",
  ENOTDIR: "Part of this path is a file; choose another folder.",
  EEXIST: "A file has the folder's name; choose another folder.",
  EISDIR: "A folder has the file's name; choose another name.",
};

async function inFolder(file: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new FigureError("The figure cannot be written", {
      file,
      found: code ?? message,
      remedy: REMEDIES[code ?? ""],
      cause,
    } as ConstructorParameters<typeof FigureError>[1]);
  }
}
