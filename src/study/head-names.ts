import type { StudyRow } from "./study-row";

/** What heads are called beside each other: their folders without what all of these begin with. */
export function headNames(rows: readonly Pick<StudyRow, "model_dir">[]): string[] {
  const paths = rows.map(({ model_dir }) => model_dir.split(/[\\/]/).filter((part) => part !== ""));
  const shortest = paths.reduce(
    (least, { length }) => Math.min(least, length - 1),
    paths[0]?.length ?? 0,
  );
  let common = 0;
  while (common < shortest && paths.every((parts) => parts[common] === paths[0][common])) common++;
  return paths.map((parts, i) => parts.slice(common).join("/") || rows[i].model_dir);
}
