import { escapeHtml } from "./escape-html";
import type { Figure } from "./figure";
import { figureConfig, plotlyScript, scriptJson } from "./figure-html";
import { figureNumbers, figureSummary } from "./figure-text";
import { figureSize } from "./picture";

/** Whether this kernel's notebook already holds plotly.js. */
let holdsPlotly = false;
let shown = 0;

/**
 * A figure as HTML inside a notebook, plotly.js in it the first time. Scripts may not run there (an
 * untrusted notebook, a page without scripts): then the numbers stay, as text.
 */
export function notebookHtml(fig: Figure, name: string): string {
  const id = `tslens-figure-${process.pid}-${++shown}`;
  const script = holdsPlotly
    ? ""
    : `<script>if (!window.Plotly) {${plotlyScript([fig])}
}</script>`;
  holdsPlotly = true;
  const { width, height } = figureSize(fig);
  const content = scriptJson({ data: fig.data, layout: fig.layout, config: figureConfig(name) });
  return `${script}<div id="${id}" style="width: ${width}px; max-width: 100%; min-height: ${height}px"><pre>${escapeHtml(figureSummary(fig))}

${escapeHtml(figureNumbers(fig))}</pre></div>
<script>(() => {
const figure = document.getElementById("${id}");
const { data, layout, config } = ${content};
if (!window.Plotly) { figure.insertAdjacentText("afterbegin", "Run the notebook's first figure again: it brings plotly.js."); return; }
figure.replaceChildren();
window.Plotly.newPlot(figure, data, layout, config);
})();</script>`;
}
