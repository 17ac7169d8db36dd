/** Changes files and reads them; in a process of its own, so that nothing that happens here ends the search. */
import { constants, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { TslensError } from "../../src/errors";
import { mutations } from "../../tests/checkpoints/mutations";
import { CURRENT_FILE, type Finding, type FuzzTask, type SliceReport } from "./fuzz-messages";
import { changedFile, type FuzzTarget, fuzzTargets, targetFolder } from "./fuzz-targets";

const MEGABYTE = 2 ** 20;
const MILLISECONDS = 1_000;
const LONGEST_MESSAGE = 1_000;

/** Allowed for a file of that many bytes. */
const memoryLimit = (size: number) => 10 * size + 64 * MEGABYTE;

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
  const report: SliceReport = {
    kind: "slice",
    done: 0,
    read: 0,
    refused: 0,
    slowest: 0,
    findings: [],
  };
  for (const [i, changes] of fc.sample(mutations, { numRuns: count, seed }).entries()) {
    const target = targets![(first + i) % targets!.length];
    const bytes = await target.change(changes);
    writeFileSync(changedFile(folder, target), bytes);
    const current = { number: first + i, target: target.name };
    writeFileSync(join(folder, CURRENT_FILE), JSON.stringify(current));
    const outcome = await readOnce(target, folder, bytes.length);
    report.done++;
    report[outcome.refused ? "refused" : "read"]++;
    report.slowest = Math.max(report.slowest, outcome.milliseconds);
    if (outcome.finding) {
      report.findings.push({
        ...outcome.finding,
        target: target.name,
        bytes: Buffer.from(bytes).toString("base64"),
      });
    }
  }
  return report;
}

/** One file in a fresh process: what a busy machine or the garbage of other files cannot explain away. */
async function runAlone({ folder, target: name, bytes }: FuzzTask & { kind: "alone" }) {
  const target = targets!.find((each) => each.name === name)!;
  const content = Buffer.from(bytes, "base64");
  const path = changedFile(folder, target);
  // Once on a valid file: what is loaded at first use is not the changed file's doing.
  writeFileSync(path, await target.change([]));
  await readOnce(target, folder, content.length);
  globalThis.gc?.();
  writeFileSync(path, content);
  const { finding } = await readOnce(target, folder, content.length);
  return { kind: "alone", problem: finding?.problem ?? null };
}

interface Outcome {
  readonly refused: boolean;
  readonly milliseconds: number;
  readonly finding: Pick<Finding, "problem"> | null;
}

async function readOnce(target: FuzzTarget, folder: string, size: number): Promise<Outcome> {
  forgetPeakMemory();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  let refused = false;
  let problem: string | null = null;
  try {
    await target.read(targetFolder(folder, target));
  } catch (error) {
    refused = true;
    problem = problemWith(error, target);
  }
  const milliseconds = performance.now() - start;
  const used = process.resourceUsage().maxRSS * 1024 - before;
  if (milliseconds > MILLISECONDS) problem ??= `took ${Math.round(milliseconds)} ms`;
  if (used > memoryLimit(size)) {
    problem ??= `took ${(used / MEGABYTE).toFixed(0)} MB of memory for ${size} bytes`;
  }
  return { refused, milliseconds, finding: problem === null ? null : { problem } };
}

function problemWith(error: unknown, target: FuzzTarget): string | null {
  if (!(error instanceof TslensError) || !target.errors.some((type) => error instanceof type)) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  if (/[\n\r]/.test(error.message)) return "its error has more than one line";
  if (error.message.length > LONGEST_MESSAGE)
    return `its error has ${error.message.length} characters`;
  return null;
}

/** Linux forgets a process's peak memory on request; elsewhere the peak is that of all files so far. */
function forgetPeakMemory(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux.
  }
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
