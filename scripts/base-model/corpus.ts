import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FOLDER = join(__dirname, "..", "corpus");

export type CorpusPart = "train" | "valid";

/** The bundled public-domain corpus, one part (see `scripts/corpus/SOURCES.md`). */
export function corpusText(part: CorpusPart): string {
  return gunzipSync(readFileSync(join(FOLDER, `${part}.txt.gz`))).toString("utf8");
}

/** Its paragraphs, without the blank lines between them. */
export function corpusParagraphs(part: CorpusPart): string[] {
  return corpusText(part)
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph.length > 0);
}
