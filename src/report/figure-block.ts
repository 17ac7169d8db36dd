import { figureConfig, scriptJson } from "../display/figure-html";
import { figureSize } from "../display/picture";
import { escapeHtml } from "../text/escape-html";
import type { PageFigure } from "./page-figures";

/**
 * A figure's place in a page, which `PAGE_SCRIPT` draws in.
 *
 * @param links - to the files that hold it, as HTML
 */
export function figureBlock(figure: PageFigure, links: readonly string[] = []): string {
  const { name, wide, narrow } = figure;
  const summary = escapeHtml(figure.summary);
  const content = { wide, narrow: narrowPart(wide, narrow), config: figureConfig(name) };
  const sizes = Object.entries(figureSizes(figure)).map(([of, size]) => `${of}-${size}`);
  return `<figure>
<div class="figure${narrow ? "" : " one-size"} ${sizes.join(" ")}" role="img" aria-label="${summary}"><script type="application/json">${scriptJson(content)}</script></div>
<noscript><pre>${summary}

${escapeHtml(figure.numbers)}</pre></noscript>
<figcaption>${escapeHtml(name)}${links.length > 0 ? `: ${links.join(" ")}` : ""}</figcaption>
</figure>`;
}

/** In whole pixels. */
export function figureSizes({ wide, narrow }: PageFigure): {
  width: number;
  height: number;
  narrow: number;
} {
  const { width, height } = figureSize(wide);
  const narrowHeight = narrow ? figureSize(narrow).height : height;
  return {
    width: Math.round(width),
    height: Math.round(height),
    narrow: Math.round(narrowHeight),
  };
}

/** What the narrow figure has of its own: seldom more than a layout. */
function narrowPart(wide: PageFigure["wide"], narrow: PageFigure["narrow"]) {
  if (narrow === null) return null;
  const { template: _, ...layout } = narrow.layout;
  const isSame = JSON.stringify(narrow.data) === JSON.stringify(wide.data);
  return isSame ? { layout } : { layout, data: narrow.data };
}
