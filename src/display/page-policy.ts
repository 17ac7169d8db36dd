import { createHash } from "node:crypto";

/**
 * Styles that plotly.js sets as text: that of the style sheet it fills rule by rule (which a policy
 * sees empty), of bold, italic, … words in a title, and of a heatmap's picture. All others it sets as
 * properties, which no policy forbids.
 */
const PLOTLY_STYLES: readonly string[] = [
  "",
  "font-weight:bold",
  "font-style:italic",
  "font-style:italic;font-weight:bold",
  "font-size:70%",
  "text-decoration:line-through",
  "text-decoration:underline",
  [
    "optimizeSpeed",
    "-moz-crisp-edges",
    "-o-crisp-edges",
    "-webkit-optimize-contrast",
    "optimize-contrast",
    "crisp-edges",
    "pixelated",
  ]
    .map((rendering) => `image-rendering: ${rendering}; `)
    .join(""),
];

/**
 * A page's Content Security Policy: only these scripts and styles, by their SHA-256, and nothing from
 * anywhere else. What a file smuggled into the page could not run even so.
 *
 * @param scripts - the texts of the page's script elements
 * @param styles - the texts of its style elements
 */
export function pagePolicy(scripts: readonly string[], styles: readonly string[]): string {
  const drawn = scripts.length > 0 ? PLOTLY_STYLES : [];
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hashSource).join(" ") || "'none'"}`,
    // Of styles in attributes a browser takes the hash only with this word.
    `style-src 'unsafe-hashes' ${[...styles, ...drawn].map(hashSource).join(" ")}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** The same of a page that is served: scripts, styles and what they ask come from where it comes from. */
export function servedPagePolicy(): string {
  return [...ownPolicy("script-src 'self'"), "frame-ancestors 'none'"].join("; ");
}

/**
 * The same of a page of static files that runs WebAssembly. It stands in the page itself, where a browser
 * knows no `frame-ancestors`.
 */
export function staticPagePolicy(): string {
  return ownPolicy("script-src 'self' 'wasm-unsafe-eval'").join("; ");
}

function ownPolicy(scripts: string): string[] {
  return [
    "default-src 'none'",
    scripts,
    `style-src 'self' 'unsafe-hashes' ${PLOTLY_STYLES.map(hashSource).join(" ")}`,
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
