/**
 * `npm run fuzz [-- --files 200000 --seed N --minutes M --out DIR]`: makes files at random and reads them. Half of them
 * are valid files that are changed, half are put together from the parts of pickles, zip files, headers and
 * configurations, with parts that stand in many places, hold themselves, collide or lie.
 *
 * Every file must be read, or refused in one line by one of the library's own errors, within 5 s and 1 s a megabyte and
 * within memory of ten times its size plus 300 MB. Those that are not are written to a folder; the exit code is then 1.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../src/errors";
import { progressBar } from "../src/progress/progress-bar";
import {
  type AloneReport,
  addFigures,
  CURRENT_FILE,
  type Figures,
  type Finding,
  type FuzzTask,
  type SliceReport,
} from "./fuzz/fuzz-messages";
import { type FuzzTarget, targetFile } from "./fuzz/fuzz-target";
import { fuzzTargets } from "./fuzz/fuzz-targets";

/** A worker does this many files, then another takes over. */
const FILES_PER_WORKER = 5_000;
const FILES_PER_SLICE = 100;

/** Where nobody sees a bar, a line now and then. */
const FILES_PER_LINE = 20_000;

/** A slice takes seconds; a worker that says nothing for so long hangs, also on a busy machine. */
const SILENCE_MS = 300_000;

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "200000" },
    seed: { type: "string" },
    minutes: { type: "string" },
    out: { type: "string", default: join("results", "fuzz") },
  },
});

async function main(): Promise<void> {
  const wanted = wholeNumber("files", values.files);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : wholeNumber("seed", values.seed);
  const minutes = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes);
  if (!(minutes > 0)) throw notUsable("minutes", values.minutes!);

  const targets = await fuzzTargets();
  const sources = new Set(targets.map(({ name }) => name)).size;
  console.log(`${wanted} files from ${sources} sources, seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), "tslens-fuzz-"));
  const bar = progressBar({ label: "Fuzzing", total: wanted });
  const start = performance.now();
  const figures: Record<string, Figures> = {};
  let made = 0;
  const suspects: Finding[] = [];
  let worker = startWorker();
  let servedFiles = 0;
  try {
    while (made < wanted && performance.now() - start < minutes * 60_000) {
      const count = Math.min(FILES_PER_SLICE, wanted - made);
      const slice = {
        kind: "slice",
        folder,
        seed: seed + made,
        count,
        first: made,
      } as const;
      const report = await ask<Omit<SliceReport, "kind">>(worker, slice).catch((error: Error) => {
        const { done, ...finding } = culprit(folder, targets, error.message);
        suspects.push(finding);
        return { done: done - made, figures: {}, findings: [] };
      });
      const lines = Math.floor(made / FILES_PER_LINE);
      made += report.done;
      for (const [kind, more] of Object.entries(report.figures)) addFigures(figures, kind, more);
      suspects.push(...report.findings);
      bar.update(made);
      if (!process.stderr.isTTY && made >= (lines + 1) * FILES_PER_LINE) {
        console.log(`${made} files, ${suspects.length} to look at again`);
      }
      servedFiles += report.done;
      if (!worker.connected || servedFiles >= FILES_PER_WORKER) {
        worker.kill();
        worker = startWorker();
        servedFiles = 0;
      }
    }
    bar.done();
    worker.kill();
    const cases = await confirmed(suspects, folder);
    summary(figures, suspects.length, cases, (performance.now() - start) / 1000);
    process.exitCode = cases.length > 0 ? 1 : 0;
  } finally {
    bar.done();
    worker.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startWorker(): ChildProcess {
  return fork(join(__dirname, "fuzz", "fuzz-worker.ts"), {
    execArgv: ["--import", "tsx", "--expose-gc"],
  });
}

/** Sends a task and waits for the answer. Rejects if the worker ends or says nothing for too long. */
function ask<T>(worker: ChildProcess, task: FuzzTask): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      finish();
    };
    const timer = setTimeout(() => {
      worker.kill("SIGKILL");
      settle(() => reject(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
    }, SILENCE_MS);
    worker.once("message", (answer) => settle(() => resolve(answer as T)));
    worker.once("exit", (code, signal) =>
      settle(() => reject(new Error(`the process ended (${signal ?? `exit code ${code}`})`))),
    );
    worker.send(task);
  });
}

/** The file that a worker was reading when it ended, and how many files are done with it. */
function culprit(
  folder: string,
  targets: readonly FuzzTarget[],
  problem: string,
): Finding & { done: number } {
  const { number, target } = JSON.parse(readFileSync(join(folder, CURRENT_FILE), "utf8"));
  const path = targetFile(folder, targets.find(({ name }) => name === target)!);
  return { target, problem, bytes: readFileSync(path).toString("base64"), done: number + 1 };
}

/** The suspects that are a case again when read alone in a fresh process, written to the folder of cases. */
async function confirmed(suspects: readonly Finding[], folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const { target, bytes } of suspects) {
    const worker = startWorker();
    const { problem } = await ask<AloneReport>(worker, {
      kind: "alone",
      folder,
      target,
      bytes,
    }).catch((error: Error) => ({ problem: error.message }));
    worker.kill();
    if (problem === null) continue;
    mkdirSync(values.out, { recursive: true });
    const name = `${files.length}-${target.replace(/[^\w.]+/g, "-")}`;
    writeFileSync(join(values.out, name), Buffer.from(bytes, "base64"));
    writeFileSync(join(values.out, `${name}.txt`), `${target}\n${problem}\n`);
    files.push(`${join(values.out, name)}: ${problem.split("\n")[0]}`);
  }
  return files;
}

function summary(
  figures: Readonly<Record<string, Figures>>,
  suspects: number,
  cases: readonly string[],
  seconds: number,
): void {
  const all: Record<string, Figures> = {};
  for (const more of Object.values(figures)) addFigures(all, "all", more);
  const done = all.all ? all.all.read + all.all.refused : 0;
  console.log(`${done} files in ${seconds.toFixed(0)} s (${Math.round(done / seconds)} a second)`);
  for (const [kind, { read, refused, slowest, largest }] of Object.entries({
    ...figures,
    ...all,
  })) {
    const cost = `slowest ${Math.round(slowest)} ms, most memory ${(largest / 1e6).toFixed(0)} MB`;
    console.log(`${kind}: ${read + refused} files, ${read} read, ${refused} refused; ${cost}`);
  }
  console.log(`${suspects} looked at again alone`);
  console.log(cases.length === 0 ? "no case found" : `${cases.length} cases found:`);
  for (const line of cases) console.log(line);
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw notUsable(option, text);
  return number;
}

function notUsable(option: string, text: string): InputError {
  return new InputError(`--${option} is not a number that can be used`, { found: `"${text}"` });
}

main().catch((error: Error) => {
  console.error(error instanceof InputError ? error.message : error);
  process.exitCode = 1;
});
