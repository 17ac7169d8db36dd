/** Makes files and reads them; in a process of its own, so that nothing that happens here ends the search. */
import { constants, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { TslensError } from "../../src/errors";
import { measured, mostMemory, mostMilliseconds } from "../../tests/checkpoints/measured-reading";
import {
  addFigures,
  CURRENT_FILE,
  type Finding,
  type FuzzTask,
  type SliceReport,
} from "./fuzz-messages";
import { type FuzzTarget, targetFile, targetFolder } from "./fuzz-target";
import { fuzzTargets } from "./fuzz-targets";

const MEGABYTE = 1_000_000;
const LONGEST_MESSAGE = 1_000;

/** Words of JavaScript and of zod, which mean nothing to who reads an error. */
const FOREIGN_WORDS =
  /TypeError|RangeError|is not a function|undefined|\[object|Invalid (input|option)|Too (big|small)|Unrecognized key/;

/** So many names has the prototype of all objects. */
const PROTOTYPE_NAMES = Object.getOwnPropertyNames(Object.prototype).length;

let targets: FuzzTarget[] | undefined;

process.on("message", async (task: FuzzTask) => {
  targets ??= await fuzzTargets();
  for (const target of targets) prepareFolder(task.folder, target);
  process.send!(task.kind === "slice" ? await runSlice(task) : await runAlone(task));
});

async function runSlice({
  folder,
  seed,
  count,
  first,
}: FuzzTask & { kind: "slice" }): Promise<SliceReport> {
  const report: SliceReport = { kind: "slice", done: 0, figures: {}, findings: [] };
  for (let number = first; number < first + count; number++) {
    const target = targets![number % targets!.length];
    const [make] = fc.sample(target.files, { numRuns: 1, seed: seed + number - first });
    const bytes = await make();
    writeFileSync(targetFile(folder, target), bytes);
    writeFileSync(join(folder, CURRENT_FILE), JSON.stringify({ number, target: target.name }));
    const { problem, milliseconds, memory, isRead } = await readOnce(target, folder, bytes.length);
    report.done++;
    addFigures(report.figures, target.kind, {
      read: Number(isRead),
      refused: Number(!isRead),
      slowest: milliseconds,
      largest: memory,
    });
    if (problem !== null) {
      const base64 = Buffer.from(bytes).toString("base64");
      report.findings.push({ problem, target: target.name, bytes: base64 });
    }
  }
  return report;
}

/** One file in a fresh process: what a busy machine or the garbage of other files cannot explain away. */
async function runAlone({ folder, target: name, bytes }: FuzzTask & { kind: "alone" }) {
  const target = targets!.find((each) => each.name === name)!;
  const content = Buffer.from(bytes, "base64");
  const path = targetFile(folder, target);
  // Once on a valid file: what is loaded at first use is not the file's doing.
  writeFileSync(path, await target.valid());
  await readOnce(target, folder, content.length);
  globalThis.gc?.();
  writeFileSync(path, content);
  const { problem } = await readOnce(target, folder, content.length);
  return { kind: "alone", problem };
}

interface Outcome {
  readonly isRead: boolean;
  readonly milliseconds: number;
  readonly memory: number;
  readonly problem: Finding["problem"] | null;
}

async function readOnce(target: FuzzTarget, folder: string, size: number): Promise<Outcome> {
  const { milliseconds, memory, error } = await measured(() =>
    target.read(targetFolder(folder, target)),
  );
  let problem = error === undefined ? null : problemWith(error, target);
  if (milliseconds > mostMilliseconds(size)) problem ??= `took ${Math.round(milliseconds)} ms`;
  if (memory > mostMemory(size)) {
    problem ??= `took ${(memory / MEGABYTE).toFixed(0)} MB of memory for ${size} bytes`;
  }
  if (Object.getOwnPropertyNames(Object.prototype).length !== PROTOTYPE_NAMES) {
    problem ??= "changed the prototype of all objects";
  }
  return { isRead: error === undefined, milliseconds, memory, problem };
}

function problemWith(error: unknown, target: FuzzTarget): string | null {
  if (!(error instanceof TslensError) || !target.errors.some((type) => error instanceof type)) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const { message } = error;
  if (/[\p{Cc}\u2028\u2029]/u.test(message)) return "its error has control characters";
  if (message.length > LONGEST_MESSAGE) return `its error has ${message.length} characters`;
  if (FOREIGN_WORDS.test(message)) return `its error is not ours: ${message}`;
  return null;
}

function prepareFolder(folder: string, target: FuzzTarget): void {
  mkdirSync(targetFolder(folder, target), { recursive: true });
  for (const path of target.beside) {
    try {
      copyFileSync(
        path,
        join(targetFolder(folder, target), basename(path)),
        constants.COPYFILE_EXCL,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
