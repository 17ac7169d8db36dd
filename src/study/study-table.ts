import { scriptJson } from "../display/figure-html";
import { VERDICTS } from "../experiments/audit/result";
import { fileLink } from "../report/file-link";
import { cellText } from "../text/cell";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { shownText } from "../text/shown-text";
import { headNames } from "./head-names";
import { columnInWords } from "./share-groups";
import type { StudyJson } from "./study-json";
import { type Setting, STUDY_COLUMNS, type StudyRow } from "./study-row";

/** Longest name, and so many settings, in a row; all of them stand in study.csv. */
const LONGEST = 120;
const MOST_SETTINGS = 8;

/** A column that is shown, as HTML without and with its heading. */
interface ShownColumn {
  readonly heading: string;
  readonly isNumber: boolean;
  /** What it is sorted by. */
  readonly key: string;
  /** What a cell shows, as HTML. */
  cell(row: StudyRow, place: number): string;
}

/** A study's table with what sorts and filters it. `TABLE_SCRIPT` belongs to it. */
export function studyTable(study: StudyJson): string {
  const rows = study.heads as readonly StudyRow[];
  const names = headNames(rows);
  const columns = shownColumns(study, names);
  const keys = sortKeys(rows, study.settings);
  const headings = columns.map(({ heading, isNumber, key }) => {
    const place = keys.findIndex((one) => one.name === key);
    const button = `<button type="button" value="${place}" disabled>${escapeHtml(heading)}</button>`;
    return `<th scope="col"${isNumber ? ' class="number"' : ""}>${place < 0 ? escapeHtml(heading) : button}</th>`;
  });
  const lines = rows.map((row, place) => {
    const cells = columns.map(
      ({ heading, isNumber, cell }) =>
        `<td${isNumber ? ' class="number"' : ""}${heading === "head" ? "" : ` data-heading="${escapeHtml(heading)}"`}>${cell(row, place)}</td>`,
    );
    return `<tr id="head-${place + 1}" data-verdict="${escapeHtml(row.verdict)}">${cells.join("")}</tr>`;
  });
  return `${controls(rows, keys)}
<div class="wide"><table class="heads study">
<thead><tr>${headings.join("")}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody>
</table></div>
<script type="application/json" id="sort-keys">${scriptJson(keys)}</script>`;
}

function controls(rows: readonly StudyRow[], keys: readonly SortKey[]): string {
  const verdicts = VERDICTS.flatMap((verdict) => {
    const found = rows.filter((row) => row.verdict === verdict).length;
    return found === 0 ? [] : [`<option value="${verdict}">${verdict} (${found})</option>`];
  });
  const sortings = keys.map(({ label }, i) => `<option value="${i}">${escapeHtml(label)}</option>`);
  return `<div class="controls" hidden>
<label>Filter <input id="filter" type="search" placeholder="words in a row" autocomplete="off"></label>
<label>Verdict <select id="verdict" autocomplete="off"><option value="">all</option>${verdicts.join("")}</select></label>
<label>Sort by <select id="sorting" autocomplete="off">${sortings.join("")}</select></label>
<button type="button" id="turn">ascending</button>
<output class="shown">${count(rows.length, "head")}</output>
</div>`;
}

function shownColumns({ results, settings }: StudyJson, names: readonly string[]): ShownColumn[] {
  const number = (heading: string, key: string, cell: ShownColumn["cell"]): ShownColumn => ({
    heading,
    isNumber: true,
    key,
    cell,
  });
  return [
    {
      heading: "head",
      isNumber: false,
      key: "model_dir",
      cell: (row, place) => {
        const name = shownText(names[place], LONGEST);
        const result = results[row.model_dir];
        const where = `${row.head_type}, ${row.layer_type}, layer ${row.target_layer}, neuron ${row.target_neuron}`;
        return `${result ? fileLink(result.file, name) : escapeHtml(name)}<br><span class="soft">${escapeHtml(shownText(where))}</span>`;
      },
    },
    {
      ...{ heading: "verdict", isNumber: false, key: "verdict" },
      cell: ({ verdict }) => escapeHtml(verdict),
    },
    number(
      "causal share",
      "causal_share",
      ({ causal_share: estimate, causal_share_low: low, causal_share_high: high }) =>
        interval(estimate, low, high),
    ),
    number("r", "r", ({ r }) => text(r)),
    number("rank", "p_value", ({ rank, rank_of, p_adjusted }) =>
      rank === null
        ? text(null)
        : `${rank} of ${rank_of}<br><span class="soft">p adj. ${escapeHtml(cellText({ probability: p_adjusted }))}</span>`,
    ),
    number("cosine", "cosine", ({ cosine, cosine_of, cosine_percentile }) =>
      cosine === null
        ? text(null)
        : `${text(cosine)}<br><span class="soft">${escapeHtml(cosineOf(cosine_of, cosine_percentile))}</span>`,
    ),
    ...(settings.length === 0
      ? []
      : [
          {
            ...{ heading: "training", isNumber: false, key: "" },
            cell: (row: StudyRow) => settingsOf(row, settings),
          },
        ]),
  ];
}

function cosineOf(of: string | null, percentile: number | null): string {
  const vector = of === null ? "" : columnInWords(of);
  return percentile === null ? vector : `${vector}, above ${cellText(percentile)}%`;
}

function interval(estimate: number | null, low: number | null, high: number | null): string {
  if (estimate === null || (low === null && high === null)) return text(estimate);
  const end = (value: number | null) => (value === null ? "unbounded" : cellText(value));
  return `${text(estimate)}<br><span class="soft">[${escapeHtml(`${end(low)}, ${end(high)}`)}]</span>`;
}

/** The settings in which heads differ; one that a head does not say is left out. */
function settingsOf(row: StudyRow, settings: readonly string[]): string {
  const said = settings.filter((name) => row[name] !== null);
  const shown = said.slice(0, MOST_SETTINGS).map((name) => {
    const value = shownText(settingText(row[name]), 40);
    return `<span class="setting">${escapeHtml(shownText(columnInWords(name), 40))} <b>${escapeHtml(value)}</b></span>`;
  });
  const further = said.length - shown.length;
  return [...shown, ...(further > 0 ? [`${further} more in study.csv`] : [])].join(", ");
}

function settingText(value: Setting): string {
  return typeof value === "number" ? cellText(value) : String(value);
}

function text(value: number | null): string {
  return escapeHtml(cellText(value));
}

/** What rows can be sorted by: the values in the order of the rows. */
interface SortKey {
  readonly name: string;
  readonly label: string;
  /** Large numbers first, when it is chosen. */
  readonly descending: boolean;
  readonly values: readonly Setting[];
}

function sortKeys(rows: readonly StudyRow[], settings: readonly string[]): SortKey[] {
  const largestFirst = ["causal_share", "input_share", "r", "r2_test", "cosine"];
  return [...STUDY_COLUMNS, ...settings]
    .filter((name) => name === "model_dir" || new Set(rows.map((row) => row[name])).size > 1)
    .map((name) => ({
      name,
      label: name === "model_dir" ? "head" : shownText(columnInWords(name), 60),
      descending: largestFirst.includes(name),
      values:
        name === "model_dir"
          ? rows.map((_, place) => place)
          : rows.map((row) =>
              name === "verdict" ? VERDICTS.indexOf(row.verdict) : (row[name] ?? null),
            ),
    }));
}
