import { readFileSync, writeFileSync } from "node:fs";

/** Replaces what a command wrote into a page before, between its two marks. */
export function writeBetweenMarks(page: string, command: string, text: string): void {
  const content = readFileSync(page, "utf8");
  const marks = [
    `<!-- written by npm run ${command} -->`,
    `<!-- end of what npm run ${command} writes -->`,
  ];
  const [start, end] = marks.map((mark) => content.indexOf(mark));
  if (start < 0 || end < start) throw new Error(`${page} has no marks to write between`);
  const before = content.slice(0, start + marks[0].length);
  writeFileSync(page, `${before}\n\n${text}\n\n${content.slice(end)}`);
}
