import type { Session } from "./session";

/** What is looked at first. */
export interface StartingPoint {
  readonly head: string | null;
  readonly text: string;
  readonly position: number | null;
}

/** What the address says, behind its `#`: what a reader had before they loaded the page again. */
export function startingPoint(hash: string): StartingPoint {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const position = said.get("token");
  return {
    head: said.get("head"),
    text: said.get("text") ?? "",
    position: position !== null && /^\d{1,6}$/.test(position) ? Number(position) : null,
  };
}

/** The same of what is looked at now. */
export function hashOf({ head, ranText, run, position }: Session): string {
  const said = new URLSearchParams();
  if (head.value) said.set("head", head.value.id);
  if (ranText.value) said.set("text", ranText.value);
  if (run.value && position.value !== run.value.measured) said.set("token", String(position.value));
  return `#${said}`;
}
