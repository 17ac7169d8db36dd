import { cellText } from "../text/cell";
import { escapeHtml } from "../text/escape-html";
import { shownText } from "../text/shown-text";
import type { StudyJson } from "./study-json";
import { STUDY_COLUMNS, type StudyRow } from "./study-row";

/** A study's page: its table, and what failed. */
export function studyPage(study: StudyJson): string {
  const columns = [...STUDY_COLUMNS, ...study.settings];
  const rows = study.heads.map((row) => {
    const cells = columns.map((name) => `<td>${cell((row as StudyRow)[name])}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  const failed = study.failed.map(
    ({ model_dir, reason }) => `<li><code>${text(model_dir)}</code>: ${text(reason)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Study of ${study.heads.length} heads</title>
<style>
body { font: 14px/1.4 sans-serif; margin: 1rem; }
table { border-collapse: collapse; }
th, td { padding: 0.2rem 0.5rem; border-bottom: 1px solid #ddd; text-align: left; }
.wide { overflow-x: auto; }
</style>
</head>
<body>
<h1>Study of ${study.heads.length} heads</h1>
<div class="wide"><table>
<thead><tr>${columns.map((name) => `<th>${text(name)}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table></div>
${failed.length === 0 ? "" : `<h2>Failed</h2>\n<ul>\n${failed.join("\n")}\n</ul>\n`}</body>
</html>
`;
}

function cell(value: StudyRow[string]): string {
  if (value === null) return "";
  return typeof value === "number" ? escapeHtml(cellText(value)) : text(String(value));
}

function text(value: string): string {
  return escapeHtml(shownText(value, 1000));
}
