import { FigureError } from "../errors";
import type { Figure } from "../figures/figure";
import { displayBundle, isInKernel } from "../progress/kernel-display";
import { figureConfig } from "./figure-html";
import { figureNumbers, figureSummary } from "./figure-text";
import { notebookHtml } from "./notebook-html";
import { figureSize, picture } from "./picture";
import { plainFigure } from "./plain-figure";
import { renderers } from "./renderer";

export interface ShowFigureOptions {
  /** Names the figure in its text, and the file that Plotly's camera button downloads. */
  readonly name?: string;
  /**
   * plotly.py's names: `plotly_mimetype`, `png`, `svg`, `notebook`, `json`, several joined with `+`.
   * Without it the environment variable `TSLENS_RENDERER`, else `plotly_mimetype+png`.
   */
  readonly renderer?: string;
}

/** One output of a notebook. */
interface Output {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/**
 * Shows a figure as one output of the notebook's cell: interactive where Plotly is known, a picture
 * elsewhere, its numbers as text where no picture can be made (with the reason). Outside of a
 * notebook it prints that text.
 *
 * @throws {FigureError} for an unknown renderer, and for a NaN or an infinity in the figure
 *
 * @example
 * await showFigure(figure, { name: "scaling_experiment" });
 */
export async function showFigure(
  fig: Figure,
  { name = "figure", renderer }: ShowFigureOptions = {},
): Promise<void> {
  const wanted = renderers(renderer);
  const plain = plainFigure(fig);
  if (!isInKernel()) {
    console.log(`${name}: ${figureSummary(plain)}\n${figureNumbers(plain)}`);
    return;
  }
  const { data, metadata } = await figureOutput(plain, name, wanted);
  displayBundle(data, { metadata });
}

/** The MIME bundle of a figure. */
export async function figureOutput(
  fig: Figure,
  name: string,
  wanted: ReturnType<typeof renderers>,
): Promise<Output> {
  const data: Record<string, unknown> = {};
  const metadata: Record<string, unknown> = {};
  const failures: string[] = [];
  // JupyterLab's Plotly extension shows the picture until the pointer is over it, at its size in
  // pixels whatever the metadata say: twice as large would be cut off.
  const isLive = wanted.includes("plotly_mimetype");
  for (const one of wanted) {
    switch (one) {
      case "plotly_mimetype":
        data["application/vnd.plotly.v1+json"] = {
          data: fig.data,
          layout: fig.layout,
          config: figureConfig(name),
        };
        break;
      case "json":
        data["application/json"] = { data: fig.data, layout: fig.layout };
        break;
      case "notebook":
        data["text/html"] = notebookHtml(fig, name);
        break;
      default:
        try {
          const image = await picture(fig, one, { scale: isLive ? 1 : 2 });
          const type = one === "png" ? "image/png" : "image/svg+xml";
          data[type] = one === "png" ? image.toString("base64") : image.toString("utf8");
          metadata[type] = figureSize(fig);
        } catch (error) {
          if (!(error instanceof FigureError)) throw error;
          failures.push(error.message);
        }
    }
  }
  // Every program shows a PNG; an SVG may carry scripts, and stays hidden in an untrusted notebook.
  const hasPicture = "image/png" in data;
  data["text/plain"] = [
    `${name}: ${figureSummary(fig)}`,
    ...failures.map((reason) => `No picture: ${reason}`),
    ...(hasPicture ? [] : [figureNumbers(fig)]),
  ].join("\n");
  return { data, metadata };
}
