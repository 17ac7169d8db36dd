import type { Figure } from "../figures/figure";
import { cutText } from "../text/cut-text";
import { formatNumber, NO_NUMBER } from "../text/format-number";

/** More points than this of one trace do not help a reader of plain text. */
const MOST_POINTS = 12;
const MOST_TRACES = 24;
/** Nor does more of a description, and of a name or a value. In characters. */
const LONGEST_SUMMARY = 4_000;
const LONGEST_NAME = 200;

/** What a figure shows, in a sentence or two: its description, or its title and traces. */
export function figureSummary({ data, layout }: Figure): string {
  const described = (layout.meta as { description?: unknown } | null | undefined)?.description;
  if (typeof described === "string" && described !== "") return cutText(described, LONGEST_SUMMARY);
  const title = layout.title as { text?: unknown } | string | null | undefined;
  const text = typeof title === "string" ? title : title?.text;
  const name = typeof text === "string" && text !== "" ? plain(text) : "Figure";
  return `${name} (${data.length} trace${data.length === 1 ? "" : "s"})`;
}

/** A figure's numbers as text, a line a trace, for places where no picture can be shown. */
export function figureNumbers({ data }: Figure): string {
  const lines = data.slice(0, MOST_TRACES).map((trace, index) => {
    const name = typeof trace.name === "string" ? plain(trace.name) : `trace ${index}`;
    return `  ${name}: x = ${numbers(trace.x)}; y = ${numbers(trace.y)}`;
  });
  if (data.length > MOST_TRACES) lines.push(`  … and ${data.length - MOST_TRACES} more traces`);
  return lines.join("\n");
}

function numbers(values: unknown): string {
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) return NO_NUMBER;
  const list = Array.from(values as ArrayLike<unknown>);
  const shown = list.slice(0, MOST_POINTS).map((value) => {
    if (typeof value === "string") return cutText(value, LONGEST_NAME);
    return typeof value === "number" ? formatNumber(value) : NO_NUMBER;
  });
  if (list.length > MOST_POINTS) shown.push(`… (${list.length} points)`);
  return shown.join(", ");
}

function plain(text: string): string {
  return cutText(text, LONGEST_NAME)
    .replace(/<br>/g, " ")
    .replace(/<[^<>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&#34;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&");
}
