const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  // By number: Plotly knows few entities by name.
  '"': "&#34;",
  "'": "&#39;",
};

/**
 * Makes a text safe inside HTML and inside Plotly's titles and hover labels, which read tags too.
 *
 * @example
 * escapeHtml("a < b"); // "a &lt; b"
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
