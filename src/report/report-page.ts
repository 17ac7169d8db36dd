import { count } from "../figures/count";
import { escapeHtml } from "../figures/escape-html";
import { figureConfig, plotlyPart, plotlyScript, scriptJson } from "../figures/figure-html";
import { figureNumbers, figureSummary } from "../figures/figure-text";
import { formatNumber } from "../figures/format-number";
import { figureSize } from "../figures/picture";
import { type AnalysedHead, analysedHeads } from "./analysed-heads";
import type { CollectedResults, FoundResult } from "./collect-results";
import { keyNumbers, numberOf, OVERVIEW_KEYS } from "./key-numbers";
import { type PageFigure, pageFigures } from "./page-figures";
import { PAGE_SCRIPT } from "./page-script";
import { PAGE_STYLE } from "./page-style";

/**
 * A results folder as one page that needs nothing else: every head with its numbers and figures, and
 * links to the files beside it. plotly.js is inside once; a figure is drawn when it comes into view.
 * Where no scripts run, each figure's numbers are there as text. The same folder gives the same bytes.
 */
export function reportPage(collected: CollectedResults): string {
  const heads = analysedHeads(collected.results).map((head, index) => ({
    head,
    id: `head-${index + 1}`,
    parts: head.results.map((result) => ({ result, figures: pageFigures(result) })),
  }));
  const figures = heads.flatMap(({ parts }) => parts.flatMap((part) => part.figures));
  const part = plotlyPart(figures.map(({ wide }) => wide));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>tslens results</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>tslens results</h1>
<p>${count(heads.length, "activation prediction head")}, each a small probe that predicts the activation of one GPT-2 neuron from the residual stream. Two questions are asked of a head: does it look where the neuron reads or writes (<b>cosines</b> of weights), and does its prediction follow when the neuron is patched (<b>slope</b>)? Square brackets hold 95% intervals over prompts.</p>
${notebookLinks(collected.notebooks)}</header>
<main>
${overview(heads)}
${heads.map(({ head, id, parts }) => headSection(head, id, parts)).join("\n")}
${notShownSection(collected)}
</main>
${figures.length > 0 ? `<script>${plotlyScript(part)}</script>\n<script>${PAGE_SCRIPT}</script>\n` : ""}</body>
</html>
`;
}

interface Part {
  readonly result: FoundResult;
  readonly figures: readonly PageFigure[];
}

function notebookLinks(pages: readonly string[]): string {
  if (pages.length === 0) return "";
  const links = pages.map((page) => link(page, page.replace(/^.*\/|\.html$/g, "")));
  return `<p>The notebooks as they ran: ${links.join(", ")}.</p>\n`;
}

/** One row for each head, with the numbers that compare heads. */
function overview(heads: readonly { readonly head: AnalysedHead; readonly id: string }[]): string {
  const rows = heads.map(({ head, id }) => {
    const all = Object.assign({}, ...head.results.map(({ content }) => content));
    const cells = OVERVIEW_KEYS.map(
      ([key]) => `<td class="number">${formatNumber(numberOf(all[key]), 3)}</td>`,
    );
    return `<tr><td><a href="#${id}">${escapeHtml(head.name)}</a></td><td>${escapeHtml(head.about)}</td><td class="number">${head.layer}</td><td class="number">${head.neuron}</td>${cells.join("")}</tr>`;
  });
  const headings = OVERVIEW_KEYS.map(([, label]) => `<th class="number">${escapeHtml(label)}</th>`);
  return `<section>
<h2>All heads</h2>
<div class="wide"><table>
<thead><tr><th>run</th><th>head</th><th class="number">layer</th><th class="number">neuron</th>${headings.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>
</section>`;
}

function headSection(head: AnalysedHead, id: string, parts: readonly Part[]): string {
  const warnings = new Set(
    parts.flatMap(({ result }) => (result.content.warnings as unknown[] | undefined) ?? []),
  );
  return `<section id="${id}">
<h2>${escapeHtml(head.name)}</h2>
<p>${escapeHtml([head.about, `layer ${head.layer}`, `neuron ${head.neuron}`].filter(Boolean).join(", "))}</p>
${list(
  [...warnings].map((warning) => escapeHtml(String(warning))),
  "warnings",
)}${parts.map((part) => resultPart(part)).join("\n")}
</section>`;
}

function resultPart({ result, figures }: Part): string {
  const numbers = keyNumbers(result.content).map(
    ({ label, value, meaning }) =>
      `<dt>${escapeHtml(label)}</dt><dd><b>${escapeHtml(value)}</b> ${escapeHtml(meaning)}</dd>`,
  );
  const timestamp = result.content.timestamp;
  const when = typeof timestamp === "string" ? `, ${escapeHtml(timestamp)}` : "";
  return `<article>
<h3>${escapeHtml(result.kind.replaceAll("_", " "))}</h3>
<p class="file">${link(result.file, result.file)}${when}</p>
<dl>${numbers.join("\n")}</dl>
${figures.map((figure) => figureBlock(figure, result)).join("\n")}
</article>`;
}

function figureBlock({ name, wide, narrow }: PageFigure, result: FoundResult): string {
  const summary = escapeHtml(figureSummary(wide));
  const folder = result.file.replace(/\.json$/, "");
  const links = result.exports
    .filter((file) => file.replace(/\.[^.]+$/, "") === name)
    .map((file) => link(`${folder}/${file}`, file.replace(/^.*\./, "").toUpperCase()));
  const content = { wide, narrow: narrowPart(wide, narrow), config: figureConfig(name) };
  const { width, height } = figureSize(wide);
  const size = `--width: ${width}px; --height: ${height}px; --narrow: ${narrow ? figureSize(narrow).height : height}px`;
  return `<figure>
<div class="figure${narrow ? "" : " one-size"}" style="${size}" role="img" aria-label="${summary}"><script type="application/json">${scriptJson(content)}</script></div>
<noscript><pre>${summary}

${escapeHtml(figureNumbers(wide))}</pre></noscript>
<figcaption>${escapeHtml(name)}${links.length > 0 ? `: ${links.join(" ")}` : ""}</figcaption>
</figure>`;
}

/** What the narrow figure has of its own: seldom more than a layout. */
function narrowPart(wide: PageFigure["wide"], narrow: PageFigure["narrow"]) {
  if (narrow === null) return null;
  const { template: _, ...layout } = narrow.layout;
  const isSame = JSON.stringify(narrow.data) === JSON.stringify(wide.data);
  return isSame ? { layout } : { layout, data: narrow.data };
}

function notShownSection({ notShown }: CollectedResults): string {
  if (notShown.length === 0) return "";
  const items = notShown.map(
    ({ file, reason }) => `<code>${escapeHtml(file)}</code>: ${escapeHtml(reason)}`,
  );
  return `<section>
<h2>Not shown</h2>
${list(items, "not-shown")}</section>`;
}

function list(items: readonly string[], name: string): string {
  if (items.length === 0) return "";
  return `<ul class="${name}">${items.map((item) => `<li>${item}</li>`).join("")}</ul>\n`;
}

/** A link to a file of the folder. */
function link(path: string, text: string): string {
  const address = path.split("/").map(encodeURIComponent).join("/");
  return `<a href="${address}">${escapeHtml(text)}</a>`;
}
