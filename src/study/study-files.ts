import { join } from "node:path";
import { checkedBy } from "../experiments/serialize-result";
import { unwritable } from "../experiments/write-result";
import { atomicWrite, type FileContent } from "../files/atomic-write";
import { makeFolder } from "../files/make-folder";
import { STUDY_FILE } from "../results/result-file-names";
import { type StudyJson, studyJsonSchema } from "./study-json";
import { studyPage } from "./study-page";
import { parquetBytes } from "./study-parquet";
import { STUDY_COLUMNS, type StudyRow } from "./study-row";

/**
 * Writes a study's tables and its page: `study.csv`, `study.json`, `study.parquet` and `index.html`, each as
 * a whole or not at all.
 *
 * @returns the files
 * @throws ResultError if one cannot be written, or a number is none.
 */
export async function writeStudy(directory: string, study: StudyJson): Promise<string[]> {
  const checked = checkedBy(studyJsonSchema, "the study's table", study);
  const [csv, parquet] = await tableFiles(checked.heads as readonly StudyRow[]);
  return writeFiles(directory, [
    csv,
    [STUDY_FILE, `${JSON.stringify(checked, null, 2)}\n`],
    parquet,
    ["index.html", studyPage(checked)],
  ]);
}

/**
 * Writes the table of heads that were compared: `study.csv` and `study.parquet`, each as a whole or not at
 * all.
 *
 * @param directory - where to; it is made if need be
 * @returns the files
 * @throws ResultError if one cannot be written.
 * @example
 * const { heads } = await runStudy(["models"]);
 * console.log(await writeTable(heads, { directory: "results/table" }));
 */
export async function writeTable(
  rows: readonly StudyRow[],
  { directory }: { readonly directory: string },
): Promise<string[]> {
  try {
    makeFolder(directory);
  } catch (error) {
    throw unwritable(directory, error);
  }
  return writeFiles(directory, await tableFiles(rows));
}

type NamedFile = readonly [name: string, content: FileContent];

async function tableFiles(rows: readonly StudyRow[]): Promise<readonly [NamedFile, NamedFile]> {
  const columns = rows.length > 0 ? Object.keys(rows[0]) : STUDY_COLUMNS;
  return [
    ["study.csv", csvText(rows, columns)],
    ["study.parquet", await parquetBytes(rows, columns)],
  ];
}

async function writeFiles(directory: string, files: readonly NamedFile[]): Promise<string[]> {
  const written: string[] = [];
  for (const [name, content] of files) {
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
