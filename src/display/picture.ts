import type { Page } from "playwright-core";
import { FigureError } from "../errors";
import type { Figure } from "../figures/figure";
import { FIGURE_WIDTHS } from "../figures/template";
import { inBrowser } from "./browser";

export type PictureFormat = "png" | "svg" | "pdf";

export interface PictureOptions {
  /** Pixels of the PNG per pixel of the figure. */
  readonly scale?: number;
}

const DEFAULT_HEIGHT = 450;

/** What Plotly offers in the page. */
interface PlotlyInPage {
  toImage(figure: unknown, options: unknown): Promise<string>;
}

/** A figure's size in pixels: what its layout says, where that is a number. */
export function figureSize({ layout }: Figure): { width: number; height: number } {
  const pixels = (value: unknown, usual: number) =>
    Number.isFinite(value) ? Number(value) : usual;
  return {
    width: pixels(layout.width, FIGURE_WIDTHS.notebook),
    height: pixels(layout.height, DEFAULT_HEIGHT),
  };
}

/**
 * A figure as a picture, drawn by Plotly in a real browser.
 *
 * @param format - `png` at twice the figure's size unless `scale` says otherwise; `svg` and `pdf` as vectors
 * @throws {FigureError} when there is no browser, or Plotly refuses the figure
 */
export async function picture(
  fig: Figure,
  format: PictureFormat,
  { scale = 2 }: PictureOptions = {},
): Promise<Buffer> {
  const size = figureSize(fig);
  return inBrowser(async (page) => {
    if (format === "png") {
      const address = await draw(page, fig, { format, ...size, scale });
      return Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
    }
    const address = await draw(page, fig, { format: "svg", ...size });
    const svg = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    return format === "svg" ? Buffer.from(svg) : toPdf(page, svg, size);
  });
}

async function draw(page: Page, fig: Figure, options: object): Promise<string> {
  try {
    return await page.evaluate(
      ([json, how]) => {
        const { Plotly } = globalThis as unknown as { Plotly: PlotlyInPage };
        return Plotly.toImage(JSON.parse(json), how);
      },
      [JSON.stringify({ data: fig.data, layout: fig.layout }), options] as const,
    );
  } catch (cause) {
    throw new FigureError("The figure cannot be drawn", {
      found: String((cause as Error).message).split("\n")[0]!,
      cause,
    });
  }
}

/** Prints the vectors on a page of the figure's size. */
async function toPdf(
  page: Page,
  svg: string,
  { width, height }: { width: number; height: number },
): Promise<Buffer> {
  const paper = await page.context().newPage();
  try {
    await paper.setContent(
      `<!doctype html><meta charset="utf-8"><style>@page{size:${width}px ${height}px;margin:0}body{margin:0}svg{display:block}</style>${svg}`,
    );
    return await paper.pdf({
      width: `${width}px`,
      height: `${height}px`,
      printBackground: true,
      pageRanges: "1",
    });
  } finally {
    await paper.close();
  }
}
