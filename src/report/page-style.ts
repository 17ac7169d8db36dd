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

const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #222; --soft: #5a5a5a; --paper: #fff; --line: #ddd; --link: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --soft: #b0b0b0; --paper: #1b1b1b; --line: #444; --link: #7cc4ee; }
}
body { margin: 0 auto; max-width: 920px; padding: 16px; color: var(--ink); background: var(--paper); font: 16px/1.5 "Open Sans", "Segoe UI", Helvetica, Arial, sans-serif; }
a { color: var(--link); }
h1 { font-size: 26px; }
h2 { font-size: 21px; margin: 48px 0 4px; overflow-wrap: anywhere; }
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
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 0 0 16px; font-size: 15px; }
dt { color: var(--soft); }
dd { margin: 0; }
.headline { font-size: 17px; font-weight: 600; }
.problem { font-size: 14px; }
.warnings { padding: 8px 12px 8px 30px; border-left: 4px solid #e69f00; background: color-mix(in srgb, #e69f00 10%, var(--paper)); font-size: 15px; }
figure { margin: 20px 0; }
.figure { height: var(--height); max-width: calc(var(--width) * 1.1); background: #fff; color: #222; overflow: hidden; }
figcaption { color: var(--soft); font-size: 14px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
@media (max-width: 640px) {
  dl { display: block; }
  dt { margin-top: 8px; }
  td:first-child { min-width: 120px; overflow-wrap: anywhere; }
  /* The kind of head stands with each head. */
  th:nth-child(2), td:nth-child(2) { display: none; }
  /* From edge to edge: a figure for a paper's column is hardly wider than a phone. */
  figure > .figure { margin: 0 -16px; }
  .figure { height: var(--narrow); }
  .one-size { height: var(--height); overflow-x: auto; }
  .one-size > .plot { width: var(--width); }
}
@media print { .figure, article > dl { break-inside: avoid; } }
`;
