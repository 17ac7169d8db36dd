import type { Figure } from "../figures/figure";
import { escapeHtml } from "../text/escape-html";
import { figureConfig, type PlotlyPart, plotlyPart, plotlyScript, scriptJson } from "./figure-html";
import { figureNumbers, figureSummary } from "./figure-text";
import { figureSize } from "./picture";

/** The parts of plotly.js that this kernel's notebook already holds. */
const held = new Set<PlotlyPart>();
let shown = 0;

/**
 * A figure as HTML inside a notebook, plotly.js in it the first time (and again, whole, with the
 * first figure that its cartesian part cannot draw). Scripts may not run there (an untrusted
 * notebook, a page without scripts): then the numbers stay, as text.
 */
export function notebookHtml(fig: Figure, name: string): string {
  const id = `tslens-figure-${process.pid}-${++shown}`;
  const part = plotlyPart([fig]);
  const { width, height } = figureSize(fig);
  const content = scriptJson({ data: fig.data, layout: fig.layout, config: figureConfig(name) });
  return `${plotlyOnce(part)}<div id="${id}" style="width: ${width}px; max-width: 100%; min-height: ${height}px"><pre>${escapeHtml(figureSummary(fig))}

${escapeHtml(figureNumbers(fig))}</pre></div>
<script>(() => {
const figure = document.getElementById("${id}");
const { data, layout, config } = ${content};
if (!window.Plotly) { figure.insertAdjacentText("afterbegin", "Run the notebook's first figure again: it brings plotly.js."); return; }
const text = [...figure.childNodes];
figure.replaceChildren();
Promise.resolve().then(() => window.Plotly.newPlot(figure, data, layout, config)).catch((error) => {
figure.replaceChildren(\`Plotly cannot draw this figure (\${error}).\`, ...text);
});
})();</script>`;
}

/** The script that brings a part of plotly.js, if neither it nor the whole is held. */
function plotlyOnce(part: PlotlyPart): string {
  if (held.has(part) || held.has("whole")) return "";
  held.add(part);
  const isNeeded = part === "whole" ? 'window.tslensPlotly !== "whole"' : "!window.Plotly";
  return `<script>if (${isNeeded}) {${plotlyScript(part)}
window.tslensPlotly = "${part}";}</script>`;
}
