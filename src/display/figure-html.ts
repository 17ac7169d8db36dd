import { readFileSync } from "node:fs";
import type { Figure } from "../figures/figure";
import { escapeHtml } from "../text/escape-html";
import { figureNumbers, figureSummary } from "./figure-text";
import { pagePolicy } from "./page-policy";
import { figureSize } from "./picture";
import { CARTESIAN_TRACES } from "./safe-figure";

/** As much of plotly.js as some figures need: its cartesian part, or the whole of it. */
export type PlotlyPart = "cartesian" | "whole";

const PLOTLY_FILES: Readonly<Record<PlotlyPart, string>> = {
  cartesian: "plotly.js-cartesian-dist-min/plotly-cartesian.min.js",
  whole: "plotly.js-dist/plotly.js",
};

/** How much of plotly.js figures need. */
export function plotlyPart(figures: readonly Figure[]): PlotlyPart {
  const isCartesian = figures.every(({ data }) =>
    data.every(({ type }) => CARTESIAN_TRACES.has(String(type ?? "scatter"))),
  );
  return isCartesian ? "cartesian" : "whole";
}

/** A part of plotly.js as a script's text, which sets `window.Plotly`. */
export function plotlyScript(part: PlotlyPart): string {
  const file = require.resolve(PLOTLY_FILES[part]);
  return readFileSync(file, "utf8").replace(/<\/(script)/gi, "<\\/$1");
}

/** A figure as JSON that may stand inside a page's script. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

/** How the figure behaves in a page. */
export function figureConfig(name: string) {
  return {
    responsive: true,
    displaylogo: false,
    toImageButtonOptions: { filename: name, scale: 2 },
  };
}

/**
 * A page with one figure that needs nothing else: plotly.js is inside, nothing is loaded, the same
 * figure gives the same bytes. The figure is as wide as its window allows, from its own width to a fifth more.
 * Where no scripts run, the page says the figure's numbers.
 */
export function figurePage(fig: Figure, name: string): string {
  const { width, height } = figureSize(fig);
  const { width: _, ...layout } = fig.layout;
  const summary = escapeHtml(figureSummary(fig));
  const style = `
body { margin: 0; background: #fff; color: #222; font-family: "Open Sans", "Segoe UI", Helvetica, Arial, sans-serif; }
#figure { min-width: ${width}px; max-width: ${Math.round(width * 1.2)}px; height: ${height}px; margin: 0 auto; }
pre { margin: 1em; white-space: pre-wrap; }
`;
  const plotly = plotlyScript(plotlyPart([fig]));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=${width}">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy([plotly, DRAW_FIGURE], [style])}">
<title>${escapeHtml(name)}</title>
<style>${style}</style>
</head>
<body>
<div id="figure" role="img" aria-label="${summary}"></div>
<noscript><pre>${summary}

${escapeHtml(figureNumbers(fig))}</pre></noscript>
<script>${plotly}</script>
<script type="application/json" id="figure-data">${scriptJson({ data: fig.data, layout, config: figureConfig(name) })}</script>
<script>${DRAW_FIGURE}</script>
</body>
</html>
`;
}

const DRAW_FIGURE = `
const { data, layout, config } = JSON.parse(document.getElementById("figure-data").textContent);
Plotly.newPlot("figure", data, layout, config);
`;
