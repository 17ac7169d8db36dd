import { cutText } from "../text/cut-text";
import { escapeHtml } from "../text/escape-html";
import { shortenMiddle } from "../text/shorten-middle";
import { wrapWords } from "../text/wrap-words";

/** Longest line of a prompt in a hover label, and the longest prompt there, in characters. */
const HOVER_LINE = 60;
const LONGEST_HOVER = 1_500;

/** Line breaks and tabs as a reader writes them, so that a label stays on its line. */
function visible(prompt: string): string {
  return prompt.replace(/\r?\n/g, "\\n").replace(/\t/g, "\\t");
}

/** A prompt as a panel's title: one line, shortened in the middle, safe to draw. */
export function promptTitle(prompt: string, limit: number): string {
  return escapeHtml(shortenMiddle(visible(prompt), limit));
}

/** A prompt as a hover label shows it: up to a screenful, broken into lines between words, safe to draw. */
export function promptHover(prompt: string): string {
  const shown = visible(cutText(prompt, LONGEST_HOVER));
  return wrapWords(shown, HOVER_LINE).map(escapeHtml).join("<br>");
}
