import { FIGURE_WIDTHS } from "../figures/template";
import { NARROW_WINDOW } from "./page-script";

/**
 * The results page's style: one column, readable from a phone to a desk, on paper and in the dark.
 *
 * @param pixels - the widths and heights that figures have; each is a class such as `width-820`
 */
export function pageStyle(pixels: readonly number[]): string {
  const sizes = [...new Set(pixels)]
    .sort((a, b) => a - b)
    .map((size) =>
      ["width", "height", "narrow"]
        .map((of) => `.${of}-${size} { --${of}: ${size}px; }`)
        .join("\n"),
    );
  return PAGE_STYLE + sizes.map((rules) => `${rules}\n`).join("");
}

/** Of a wide figure 1.1 times are shown at most, of a narrow one 1.4 times. */
const NARROW_FIGURE = Math.round(1.4 * FIGURE_WIDTHS.column);

const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #222; --soft: #5a5a5a; --paper: #fff; --line: #ddd; --link: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --soft: #b0b0b0; --paper: #1b1b1b; --line: #444; --link: #7cc4ee; }
}
body { margin: 0 auto; max-width: 920px; padding: 16px; color: var(--ink); background: var(--paper); font: 16px/1.5 "Open Sans", "Segoe UI", Helvetica, Arial, sans-serif; }
a { color: var(--link); }
h1 { font-size: 26px; }
h2 { font-size: 21px; margin: 48px 0 4px; overflow-wrap: anywhere; }
summary { margin: 16px 0; cursor: pointer; }
summary h2 { display: inline; }
details > section { scroll-margin-top: 64px; }
h3 { font-size: 17px; margin: 32px 0 4px; }
h1, h2, h3 { line-height: 1.25; }
p { margin: 4px 0 12px; }
code, .file { overflow-wrap: anywhere; }
.file { color: var(--soft); font-size: 14px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { white-space: normal; }
.heads td:first-child { min-width: 120px; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: fit-content(38%) 1fr; gap: 3px 16px; margin: 0 0 16px; font-size: 15px; }
dt { color: var(--soft); }
dd { margin: 0; }
.headline { font-size: 17px; font-weight: 600; }
.found { padding-left: 20px; }
.problem { font-size: 14px; }
.warnings { padding: 8px 12px 8px 30px; border-left: 4px solid #e69f00; background: color-mix(in srgb, #e69f00 10%, var(--paper)); font-size: 15px; }
figure { margin: 20px 0; }
.figure { height: var(--height); max-width: calc(var(--width) * 1.1); background: #fff; color: #222; overflow: hidden; }
figcaption { color: var(--soft); font-size: 14px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
@media ${NARROW_WINDOW} {
  .figure { height: var(--narrow); max-width: ${NARROW_FIGURE}px; }
  .one-size { height: var(--height); max-width: none; overflow-x: auto; }
  table .interval { display: none; }
  .one-size > .plot { width: var(--width); }
}
@media (max-width: 640px) {
  dl { display: block; }
  dt { margin-top: 8px; }
  /* A head's numbers stand under its name: a table is wider than a phone. */
  thead { display: none; }
  .heads tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
  .heads td { display: block; padding: 0; border: 0; text-align: left; white-space: normal; }
  .heads td[data-heading]::before { content: attr(data-heading) ": "; color: var(--soft); }
  /* From edge to edge: a figure for a paper's column is hardly wider than a phone. */
  figure > .figure { margin: 0 -16px; }
}
@media print { .figure, article > dl { break-inside: avoid; } }
`;
