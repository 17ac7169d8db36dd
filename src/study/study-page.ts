import { plotlyScript } from "../display/figure-html";
import { pagePolicy } from "../display/page-policy";
import { TslensError } from "../errors";
import { VERDICTS } from "../experiments/audit/result";
import { figureBlock, figureSizes } from "../report/figure-block";
import { fileLink } from "../report/file-link";
import { type PageFigure, pageFigure } from "../report/page-figures";
import { PAGE_SCRIPT } from "../report/page-script";
import { pageStyle } from "../report/page-style";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { LONGEST_SENTENCE, shownText } from "../text/shown-text";
import { studyFigures } from "./study-figures";
import type { StudyJson } from "./study-json";
import type { StudyRow } from "./study-row";
import { studyTable } from "./study-table";
import { TABLE_SCRIPT } from "./table-script";

/**
 * A study as one page that needs nothing else: the atlas and the forest plot, whose points lead to the rows
 * of their heads, a table that can be sorted and filtered, and what failed. The same study gives the same
 * bytes. Its texts come from files of anybody: they are escaped, and the page's policy runs its own scripts.
 */
export function studyPage(study: StudyJson): string {
  const rows = study.heads as readonly StudyRow[];
  const { figures, problems } = pageFiguresOf(rows);
  const scripts = [
    ...(figures.length > 0 ? [plotlyScript("cartesian"), PAGE_SCRIPT] : []),
    TABLE_SCRIPT,
  ];
  const sizes = figures.flatMap((figure) => Object.values(figureSizes(figure)));
  const style = pageStyle(sizes) + TABLE_STYLE;
  const title = `Study of ${count(rows.length, "head")}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(scripts, [style])}">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${verdicts(rows)}. Of what a head knows of its neuron, the <b>causal share</b> comes from the neuron itself. Intervals are of 95% over texts; a <b>rank</b> is the neuron's among those of its activation, its p-value adjusted over all heads (Benjamini and Hochberg). All columns: ${["study.csv", "study.json", "study.parquet"].map((file) => fileLink(file, file)).join(", ")}.</p>
</header>
<main>
${figures.map((figure) => figureBlock(figure)).join("\n")}
${problems.map((problem) => `<p class="problem">Not drawn: ${shown(problem)}</p>`).join("\n")}
<section>
<h2>All heads</h2>
${studyTable(study)}
</section>
${failedSection(study)}</main>
${scripts.map((script) => `<script>${script}</script>\n`).join("")}</body>
</html>
`;
}

function verdicts(rows: readonly StudyRow[]): string {
  return VERDICTS.flatMap((verdict) => {
    const found = rows.filter((row) => row.verdict === verdict).length;
    return found === 0 ? [] : [`${verdict}: <b>${found}</b>`];
  }).join(", ");
}

function pageFiguresOf(rows: readonly StudyRow[]): { figures: PageFigure[]; problems: string[] } {
  const narrow = studyFigures(rows, { size: "column" });
  const figures: PageFigure[] = [];
  const problems: string[] = [];
  for (const [name, wide] of Object.entries(studyFigures(rows))) {
    try {
      figures.push(pageFigure(name, wide, narrow[name]));
    } catch (error) {
      // More heads than a browser draws: the table is there all the same.
      if (!(error instanceof TslensError)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  }
  return { figures, problems };
}

function failedSection({ failed }: StudyJson): string {
  if (failed.length === 0) return "";
  const items = failed.map(
    ({ model_dir, reason }) => `<li><code>${shown(model_dir)}</code>: ${shown(reason)}</li>`,
  );
  return `<section>
<h2>Failed</h2>
<p>${failed.length === 1 ? "This has" : "These have"} no row:</p>
<ul class="not-shown">
${items.join("\n")}
</ul>
</section>
`;
}

function shown(text: string): string {
  return escapeHtml(shownText(text, LONGEST_SENTENCE));
}

const TABLE_STYLE = `
.controls { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin: 12px 0; font-size: 14px; }
.controls[hidden] { display: none; }
.controls input, .controls select, .controls button { font: inherit; max-width: 100%; }
.soft { color: var(--soft); font-size: 12px; white-space: normal; overflow-wrap: anywhere; }
.setting { overflow-wrap: anywhere; }
.study td { font-size: 13px; vertical-align: top; }
.study th button { all: unset; cursor: pointer; font: inherit; color: var(--link); }
.study th button:disabled { color: inherit; cursor: auto; }
.study th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.study th[aria-sort="ascending"] button::after { content: " \\2191"; }
.study th[aria-sort="descending"] button::after { content: " \\2193"; }
.study tr:target { background: color-mix(in srgb, #e69f00 22%, var(--paper)); }
.study tr { scroll-margin-top: 40px; }
.study tr[hidden] { display: none; }
.not-shown { overflow-wrap: anywhere; font-size: 14px; }
`;
