import { escapeHtml } from "../text/escape-html";

/** A link to a file of the page's folder. */
export function fileLink(path: string, text: string): string {
  // Half a surrogate pair, as file names may have on Windows, has no address.
  const address = path
    .replace(/\p{Cs}/gu, "\ufffd")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
  return `<a href="${address}">${escapeHtml(text)}</a>`;
}
