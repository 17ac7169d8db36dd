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
export function hashOf({ head, text, position }: StartingPoint): string {
  const said = new URLSearchParams();
  if (head !== null) said.set("head", head);
  if (text !== "") said.set("text", text);
  if (position !== null) said.set("token", String(position));
  return `#${said}`;
}
