import { join } from "node:path";
import { unwritable } from "../experiments/write-result";
import { atomicWrite, type FileContent } from "../files/atomic-write";
import type { StudyJson } from "./study-json";
import { studyPage } from "./study-page";
import { parquetBytes } from "./study-parquet";
import { STUDY_COLUMNS, type StudyRow } from "./study-row";

/**
 * Writes a study's tables and its page: `study.csv`, `study.json`, `study.parquet` and `index.html`, each as
 * a whole or not at all.
 *
 * @returns the files
 * @throws ResultError if one cannot be written.
 */
export async function writeStudy(directory: string, study: StudyJson): Promise<string[]> {
  const rows = study.heads as readonly StudyRow[];
  const columns = [...STUDY_COLUMNS, ...study.settings];
  const contents: readonly (readonly [string, FileContent])[] = [
    ["study.csv", csvText(rows, columns)],
    ["study.json", `${JSON.stringify(study, null, 2)}\n`],
    ["study.parquet", await parquetBytes(rows, columns)],
    ["index.html", studyPage(study)],
  ];
  const written: string[] = [];
  for (const [name, content] of contents) {
    const path = join(directory, name);
    try {
      await atomicWrite(path, content, { within: directory });
    } catch (error) {
      throw unwritable(path, error);
    }
    written.push(path);
  }
  return written;
}

/** RFC 4180, with line feeds; what does not exist is empty. */
export function csvText(rows: readonly StudyRow[], columns: readonly string[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))];
  return `${lines.map((cells) => cells.map(csvCell).join(",")).join("\n")}\n`;
}

function csvCell(value: StudyRow[string]): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
