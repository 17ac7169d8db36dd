/**
 * `npm run fuzz [-- --mutations 200000 --seed N --minutes M --out DIR]`: changes valid files at random and reads them.
 *
 * Every changed file must be read, or refused by one of the library's own errors, within a second and within memory
 * of ten times its size plus 64 MB. Those that are not are written to a folder; the exit code is then 1.
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
  CURRENT_FILE,
  type Finding,
  type FuzzTask,
  type SliceReport,
} from "./fuzz/fuzz-messages";
import { changedFile, type FuzzTarget, fuzzTargets } from "./fuzz/fuzz-targets";

/** A worker does this many files, then another takes over. */
const FILES_PER_WORKER = 5_000;
const FILES_PER_SLICE = 250;

/** Where nobody sees a bar, a line now and then. */
const FILES_PER_LINE = 20_000;

/** A slice takes a second; a worker that says nothing for so long hangs, also on a busy machine. */
const SILENCE_MS = 120_000;

const { values } = parseArgs({
  options: {
    mutations: { type: "string", default: "200000" },
    seed: { type: "string" },
    minutes: { type: "string" },
    out: { type: "string", default: join("results", "fuzz") },
  },
});

async function main(): Promise<void> {
  const wanted = wholeNumber("mutations", values.mutations);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : wholeNumber("seed", values.seed);
  const minutes = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes);
  if (!(minutes > 0)) throw notUsable("minutes", values.minutes!);

  const targets = await fuzzTargets();
  console.log(`${wanted} changes to ${targets.length} kinds of files, seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), "tslens-fuzz-"));
  const bar = progressBar({ label: "Fuzzing", total: wanted });
  const start = performance.now();
  const total = { done: 0, read: 0, refused: 0, slowest: 0 };
  const suspects: Finding[] = [];
  let worker = startWorker();
  let servedFiles = 0;
  try {
    while (total.done < wanted && performance.now() - start < minutes * 60_000) {
      const count = Math.min(FILES_PER_SLICE, wanted - total.done);
      const slice = {
        kind: "slice",
        folder,
        seed: seed + total.done,
        count,
        first: total.done,
      } as const;
      const report = await ask<SliceReport>(worker, slice).catch((error: Error) => {
        const { done, ...finding } = culprit(folder, targets, error.message);
        suspects.push(finding);
        return { done: done - total.done, read: 0, refused: 0, slowest: 0, findings: [] };
      });
      const lines = Math.floor(total.done / FILES_PER_LINE);
      for (const key of ["done", "read", "refused"] as const) total[key] += report[key];
      total.slowest = Math.max(total.slowest, report.slowest);
      suspects.push(...report.findings);
      bar.update(total.done);
      if (!process.stderr.isTTY && total.done >= (lines + 1) * FILES_PER_LINE) {
        console.log(`${total.done} files, ${suspects.length} to look at again`);
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
    summary(total, suspects.length, cases, (performance.now() - start) / 1000);
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
  const path = changedFile(folder, targets.find(({ name }) => name === target)!);
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
  { done, read, refused, slowest }: Omit<SliceReport, "kind" | "findings">,
  suspects: number,
  cases: readonly string[],
  seconds: number,
): void {
  console.log(
    `${done} files in ${seconds.toFixed(0)} s (${Math.round(done / seconds)} a second): ${read} read, ${refused} refused with a typed error`,
  );
  console.log(`slowest ${Math.round(slowest)} ms; ${suspects} looked at again alone`);
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
