import { resolve } from "node:path";
import { plotlyScript } from "../display/figure-html";
import { pagePolicy } from "../display/page-policy";
import { EXPERIMENTS, experimentOf } from "../experiments/registry";
import { runName } from "../heads/run-folders";
import type { KeyNumber } from "../results/key-number";
import { found, otherNumbers, type ShownNumber, shownNumbers } from "../results/shown-numbers";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { NO_NUMBER } from "../text/format-number";
import { LONGEST_SENTENCE, shownText } from "../text/shown-text";
import { type AnalysedHead, analysedHeads } from "./analysed-heads";
import type { CollectedResults, FoundResult } from "./collect-results";
import type { ExecutedNotebook } from "./executed-notebooks";
import { figureBlock, figureSizes } from "./figure-block";
import { fileLink as link } from "./file-link";
import { type PageFigure, pageFigures, type ResultFigures } from "./page-figures";
import { PAGE_SCRIPT } from "./page-script";
import { pageStyle } from "./page-style";

const KEY_NUMBERS = EXPERIMENTS.flatMap(({ keyNumbers }) => keyNumbers);

/** What is said first of a head, and compares it with others in the table of all heads. */
const FIRST = KEY_NUMBERS.filter(({ overview }) => overview !== undefined);

/** So many heads are shown open; more are a table first, and folded. */
const MOST_OPEN = 3;

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
  const style = pageStyle(figures.flatMap((figure) => Object.values(figureSizes(figure))));
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
<p>${count(heads.length, "activation prediction head")}, each a small probe that predicts the activation of one neuron of a language model from the residual stream. What is asked of a head: how much of what it knows of the neuron comes from the neuron itself (<b>causal share</b>), does it look where the neuron reads or writes (<b>cosine</b> of weights), does its prediction follow when the neuron is patched (<b>slope</b>), more than with other neurons (<b>ranks</b>)? Square brackets hold 95% intervals over prompts or texts.</p>
${otherNotebooks(others)}</header>
<main>
${overview(heads)}
${heads.map((head) => headSection(head, heads.length <= MOST_OPEN)).join("\n")}
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
  const hasVerdicts = heads.some(({ head }) => verdictOf(head) !== null);
  const rows = heads.map(({ head, id }) => {
    const verdict = escapeHtml(verdictOf(head) ?? "–");
    const cells = FIRST.map(
      (key) => `<td class="number" data-heading="${key.overview}">${tableCell(head, key)}</td>`,
    );
    return `<tr><td><a href="#${id}">${escapeHtml(head.name)}</a><br>${escapeHtml(placeOf(head))}</td>${hasVerdicts ? `<td data-heading="verdict">${verdict}</td>` : ""}${cells.join("")}</tr>`;
  });
  const headings = FIRST.map(({ overview }) => `<th class="number">${escapeHtml(overview!)}</th>`);
  return `<section>
<h2>All heads</h2>
<div class="wide"><table class="heads">
<thead><tr><th>head</th>${hasVerdicts ? "<th>verdict</th>" : ""}${headings.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>
</section>`;
}

function placeOf({ about, layer, neuron }: AnalysedHead): string {
  return [about, `layer ${layer}`, `neuron ${neuron}`].filter(Boolean).join(", ");
}

function verdictOf({ results }: AnalysedHead): string | null {
  for (const { kind, content } of results) {
    const path = experimentOf(kind)?.verdict;
    const verdict = path === undefined ? undefined : found(content, path);
    if (typeof verdict === "string") return shownText(verdict);
  }
  return null;
}

/** The first of a head's results that has a number says it. */
function firstNumber({ results }: AnalysedHead, key: KeyNumber): ShownNumber | undefined {
  return results.map(({ content }) => shownNumbers(content, [key])[0]).find((one) => one);
}

/** A number for the table: an interval goes under it, where there is room. */
function tableCell(head: AnalysedHead, key: KeyNumber): string {
  const { value } = firstNumber(head, key) ?? { value: NO_NUMBER };
  const [number, interval] = value.split(" [");
  return interval === undefined
    ? escapeHtml(value)
    : `${escapeHtml(number!)}<span class="interval"><br>[${escapeHtml(interval)}</span>`;
}

/** A head: what was found first, then its numbers and figures, result by result. */
function headSection({ head, id, notebooks, parts }: Section, isOpen: boolean): string {
  const links = notebooks.map(({ page, name }) => link(page, name));
  const headlined = parts.find(({ result }) => headline(result) !== "")?.result;
  const first = FIRST.flatMap((key) => firstNumber(head, key) ?? []);
  return `<details class="head"${isOpen ? " open" : ""}>
<summary><h2>${escapeHtml(head.name)}</h2></summary>
<section id="${id}">
<p>${escapeHtml(placeOf(head))}</p>
${headlined ? headline(headlined) : ""}${numberList(first)}${links.length > 0 ? `<p>Its notebooks as they ran: ${links.join(", ")}.</p>\n` : ""}${list(
  warningsOf(head).map(escapeHtml),
  "warnings",
)}${parts.map((part) => resultPart(part, first, part.result === headlined)).join("\n")}
</section>
</details>`;
}

function numberList(numbers: readonly ShownNumber[]): string {
  const items = numbers.map(
    ({ label, value, meaning }) =>
      `<dt>${escapeHtml(label)}</dt><dd><b>${escapeHtml(value)}</b> ${escapeHtml(meaning)}</dd>`,
  );
  return items.length === 0 ? "" : `<dl>${items.join("\n")}</dl>\n`;
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

/**
 * @param first - the numbers that were said of the head already
 * @param isSaid - whether its headline was, too
 */
function resultPart(
  { result, findings, figures, problems }: Part,
  first: readonly ShownNumber[],
  isSaid: boolean,
): string {
  // Of a kind that is not known, whatever is.
  const keyNumbers = experimentOf(result.kind)?.keyNumbers ?? KEY_NUMBERS;
  const numbers = [
    ...shownNumbers(result.content, keyNumbers),
    ...otherNumbers(result.content, keyNumbers),
  ].filter(
    ({ label, value }) => !first.some((said) => said.label === label && said.value === value),
  );
  const said = isSaid ? "" : headline(result);
  const { timestamp } = result.content;
  const when = typeof timestamp === "string" ? `, ${escapeHtml(shownText(timestamp))}` : "";
  const notDrawn = problems.map(
    (problem) =>
      `<p class="problem">Not drawn: ${escapeHtml(shownText(problem, LONGEST_SENTENCE))}</p>\n`,
  );
  return `<article>
<h3>${escapeHtml(result.kind.replaceAll("_", " "))}</h3>
<p class="file">${link(result.file, result.file)}${when}</p>
${said}${list(findings.map(escapeHtml), "found")}${numberList(numbers)}${notDrawn.join("")}${figures.map((figure) => figureBlock(figure, exportsOf(figure, result))).join("\n")}
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

/** Links to the files that hold a figure. */
function exportsOf({ name }: PageFigure, { file, exports }: FoundResult): string[] {
  const folder = file.replace(/\.json$/, "");
  return exports
    .filter((one) => one.replace(/\.[^.]+$/, "") === name)
    .map((one) => link(`${folder}/${one}`, one.replace(/^.*\./, "").toUpperCase()));
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
