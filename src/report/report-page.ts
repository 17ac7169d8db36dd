import { resolve } from "node:path";
import { figureConfig, plotlyScript, scriptJson } from "../display/figure-html";
import { pagePolicy } from "../display/page-policy";
import { figureSize } from "../display/picture";
import { EXPERIMENTS, experimentOf } from "../experiments/registry";
import { runName } from "../heads/run-folders";
import { found, numberOf, otherNumbers, shownNumbers } from "../results/shown-numbers";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { formatNumber } from "../text/format-number";
import { LONGEST_SENTENCE, shownText } from "../text/shown-text";
import { type AnalysedHead, analysedHeads, saidOf } from "./analysed-heads";
import type { CollectedResults, FoundResult } from "./collect-results";
import type { ExecutedNotebook } from "./executed-notebooks";
import { type PageFigure, pageFigures, type ResultFigures } from "./page-figures";
import { PAGE_SCRIPT } from "./page-script";
import { pageStyle } from "./page-style";

const KEY_NUMBERS = EXPERIMENTS.flatMap(({ keyNumbers }) => keyNumbers);

/** The columns of the table of all heads. */
const OVERVIEW = KEY_NUMBERS.flatMap(({ key, overview }) =>
  overview === undefined ? [] : [{ key, heading: overview }],
);

/** More warnings of one head than this say nothing more. */
const MOST_WARNINGS = 50;

/**
 * A results folder as one page that needs nothing else: every head with its numbers and figures, and
 * links to the files beside it. plotly.js is inside once; a figure is drawn when it comes into view.
 * Where no scripts run, each figure's numbers are there as text. The same folder gives the same bytes.
 *
 * What files hold may be anything: it reaches the page as escaped text, as checked numbers, or as JSON
 * inside a data block, and the page's policy runs no script but its own two.
 */
export function reportPage(collected: CollectedResults): string {
  const analysed = analysedHeads(collected.results);
  const owners = new Map(
    collected.notebooks.map((notebook) => [notebook, ownerOf(notebook, analysed)]),
  );
  const heads = analysed.map((head, index) => ({
    head,
    id: `head-${index + 1}`,
    notebooks: collected.notebooks.filter((notebook) => owners.get(notebook) === head),
    parts: head.results.map((result) => ({ result, ...pageFigures(result) })),
  }));
  const figures = heads.flatMap(({ parts }) => parts.flatMap((part) => part.figures));
  const scripts = figures.length > 0 ? [plotlyScript("cartesian"), PAGE_SCRIPT] : [];
  const style = pageStyle(figures.flatMap((figure) => Object.values(sizesOf(figure))));
  const others = collected.notebooks.filter((notebook) => !owners.get(notebook));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(scripts, [style])}">
<title>tslens results</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>tslens results</h1>
<p>${count(heads.length, "activation prediction head")}, each a small probe that predicts the activation of one neuron of a language model from the residual stream. Two questions are asked of a head: does it look where the neuron reads or writes (<b>cosines</b> of weights), and does its prediction follow when the neuron is patched (<b>slope</b>)? Square brackets hold 95% intervals over prompts.</p>
${otherNotebooks(others)}</header>
<main>
${overview(heads)}
${heads.map(headSection).join("\n")}
${notShownSection(collected)}
</main>
${scripts.map((script) => `<script>${script}</script>\n`).join("")}</body>
</html>
`;
}

/** A head, as its section shows it. */
interface Section {
  readonly head: AnalysedHead;
  readonly id: string;
  readonly notebooks: readonly ExecutedNotebook[];
  readonly parts: readonly Part[];
}

interface Part extends ResultFigures {
  readonly result: FoundResult;
}

/**
 * The head that a notebook ran on: the one with a result of the same directory or, since a relative path
 * may have been given from elsewhere, the only one of its run's name.
 */
function ownerOf(
  { modelPath }: ExecutedNotebook,
  heads: readonly AnalysedHead[],
): AnalysedHead | undefined {
  if (modelPath === null) return undefined;
  const isThere = ({ content: { model_path } }: FoundResult) =>
    typeof model_path === "string" && resolve(model_path) === resolve(modelPath);
  const named = heads.filter(({ name }) => name === shownText(runName(modelPath)));
  return (
    named.find(({ results }) => results.some(isThere)) ??
    (named.length === 1 ? named[0] : undefined)
  );
}

/** Notebooks whose head has no section: it failed before it wrote a result, or does not say whose it is. */
function otherNotebooks(notebooks: readonly ExecutedNotebook[]): string {
  const items = notebooks.map(({ page, name, modelPath }) => {
    const whose = modelPath === null ? "it does not say of which head" : shownText(modelPath);
    return `${link(page, name)}: ${escapeHtml(whose)}`;
  });
  return items.length === 0 ? "" : `<p>Other notebooks as they ran:</p>\n${list(items, "others")}`;
}

/** One row for each head, with the numbers that compare heads. */
function overview(heads: readonly Section[]): string {
  const rows = heads.map(({ head, id }) => {
    const cells = OVERVIEW.map(({ key }) => {
      const value = formatNumber(numberOf(saidOf(head.results, key)), 3);
      return `<td class="number">${escapeHtml(value)}</td>`;
    });
    return `<tr><td><a href="#${id}">${escapeHtml(head.name)}</a></td><td>${escapeHtml(head.about)}</td><td class="number">${head.layer}</td><td class="number">${head.neuron}</td>${cells.join("")}</tr>`;
  });
  const headings = OVERVIEW.map(({ heading }) => `<th class="number">${escapeHtml(heading)}</th>`);
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

function headSection({ head, id, notebooks, parts }: Section): string {
  const links = notebooks.map(({ page, name }) => link(page, name));
  const about = [head.about, `layer ${head.layer}`, `neuron ${head.neuron}`].filter(Boolean);
  return `<section id="${id}">
<h2>${escapeHtml(head.name)}</h2>
<p>${escapeHtml(about.join(", "))}</p>
${links.length > 0 ? `<p>Its notebooks as they ran: ${links.join(", ")}.</p>\n` : ""}${list(
  warningsOf(head).map(escapeHtml),
  "warnings",
)}${parts.map(resultPart).join("\n")}
</section>`;
}

function warningsOf({ results }: AnalysedHead): string[] {
  const all = results.flatMap(({ content: { warnings } }) => (warnings ?? []) as unknown[]);
  const different = [...new Set(all.map((warning) => shownText(warning, LONGEST_SENTENCE)))];
  const further = different.length - MOST_WARNINGS;
  return [
    ...different.slice(0, MOST_WARNINGS),
    ...(further > 0 ? [`and ${further} more, in the files`] : []),
  ];
}

function resultPart({ result, figures, problems }: Part): string {
  // Of a kind that is not known, whatever is.
  const keyNumbers = experimentOf(result.kind)?.keyNumbers ?? KEY_NUMBERS;
  const numbers = [
    ...shownNumbers(result.content, keyNumbers),
    ...otherNumbers(result.content, keyNumbers),
  ].map(
    ({ label, value, meaning }) =>
      `<dt>${escapeHtml(label)}</dt><dd><b>${escapeHtml(value)}</b> ${escapeHtml(meaning)}</dd>`,
  );
  const said = headline(result);
  const { timestamp } = result.content;
  const when = typeof timestamp === "string" ? `, ${escapeHtml(shownText(timestamp))}` : "";
  const notDrawn = problems.map(
    (problem) =>
      `<p class="problem">Not drawn: ${escapeHtml(shownText(problem, LONGEST_SENTENCE))}</p>\n`,
  );
  return `<article>
<h3>${escapeHtml(result.kind.replaceAll("_", " "))}</h3>
<p class="file">${link(result.file, result.file)}${when}</p>
${said}<dl>${numbers.join("\n")}</dl>
${notDrawn.join("")}${figures.map((figure) => figureBlock(figure, result)).join("\n")}
</article>`;
}

/** What was found, in a sentence. */
function headline({ kind, content }: FoundResult): string {
  const path = experimentOf(kind)?.headline;
  const text = path === undefined ? undefined : found(content, path);
  return typeof text === "string"
    ? `<p class="headline">${escapeHtml(shownText(text, LONGEST_SENTENCE))}</p>\n`
    : "";
}

function figureBlock(figure: PageFigure, result: FoundResult): string {
  const { name, wide, narrow } = figure;
  const summary = escapeHtml(figure.summary);
  const folder = result.file.replace(/\.json$/, "");
  const links = result.exports
    .filter((file) => file.replace(/\.[^.]+$/, "") === name)
    .map((file) => link(`${folder}/${file}`, file.replace(/^.*\./, "").toUpperCase()));
  const content = { wide, narrow: narrowPart(wide, narrow), config: figureConfig(name) };
  const sizes = Object.entries(sizesOf(figure)).map(([of, size]) => `${of}-${size}`);
  return `<figure>
<div class="figure${narrow ? "" : " one-size"} ${sizes.join(" ")}" role="img" aria-label="${summary}"><script type="application/json">${scriptJson(content)}</script></div>
<noscript><pre>${summary}

${escapeHtml(figure.numbers)}</pre></noscript>
<figcaption>${escapeHtml(name)}${links.length > 0 ? `: ${links.join(" ")}` : ""}</figcaption>
</figure>`;
}

/** In whole pixels. */
function sizesOf({ wide, narrow }: PageFigure): { width: number; height: number; narrow: number } {
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
  // Half a surrogate pair, as file names may have on Windows, has no address.
  const address = path
    .replace(/\p{Cs}/gu, "\ufffd")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
  return `<a href="${address}">${escapeHtml(text)}</a>`;
}
