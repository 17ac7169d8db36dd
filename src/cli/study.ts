import type { Command } from "commander";
import { quoted } from "../checkpoints/quoted";
import { InputError, TslensError } from "../errors";
import { parseSeed } from "../experiments/arguments";
import { listenForInterrupt } from "../progress/interrupt";
import { runStudy, type Study } from "../study/run-study";
import { runWorker } from "../study/run-worker";
import { counted, type Output, oneLine } from "./output";
import { baseOptions, prependBosOption, promptsOption } from "./shared-options";
import { textTable } from "./text-table";

interface StudyFlags {
  readonly base?: string;
  readonly revision?: string;
  readonly texts?: string;
  readonly prependBos?: true;
  readonly seed: string;
  readonly out: string;
  readonly workers?: string;
  readonly database?: string;
  readonly expireAfter?: string;
  readonly json?: true;
}

const DATABASE =
  "postgres://user@host/database; its password comes from PGPASSWORD, PGPASSFILE or TSLENS_DATABASE";

/** `tslens study DIR…` */
export function studyCommand(command: Command, output: Output): void {
  baseOptions(command);
  promptsOption(command, {
    option: "--texts",
    are: "texts that the heads were not trained on",
    otherwise: "300 from books that come with tslens",
  });
  prependBosOption(command)
    .option("--seed <n>", "of every random draw", "0")
    .option("--out <dir>", "the folder of results", "results")
    .option(
      "--workers <n>",
      "processes that compute on this machine (default: one a core, 4 at most)",
    )
    .option("--database <url>", `shared with workers on other machines: ${DATABASE}`)
    .option("--expire-after <seconds>", "a worker that says nothing for so long is taken for lost")
    .option("--json", "print the table and what failed as JSON and nothing else")
    .action((folders: string[], flags: StudyFlags) => study(folders, flags, output));
}

async function study(folders: readonly string[], flags: StudyFlags, output: Output): Promise<void> {
  const { seed, workers, expireAfter, json, ...given } = flags;
  const options = {
    ...given,
    seed: parseSeed(seed),
    workers: workers === undefined ? undefined : atLeast(0, workers, "--workers", MOST_WORKERS),
    expireInSeconds:
      expireAfter === undefined ? undefined : atLeast(2, expireAfter, "--expire-after"),
  };
  if (options.workers === 0 && !flags.database && !process.env.TSLENS_DATABASE) {
    throw new InputError("--workers 0 leaves all work to other machines", {
      expected: "a --database that they share",
    });
  }
  const interrupt = listenForInterrupt();
  try {
    const onNote = (line: string) => output.note(oneLine(line));
    const done = await runStudy(folders, { ...options, signal: interrupt.signal, onNote });
    for (const { reason, model_dir } of done.failed) {
      const folder = reason.startsWith(model_dir) ? "" : `${model_dir}: `;
      output.note(`failed: ${oneLine(`${folder}${reason}`)}`);
    }
    const { heads, failed } = done;
    await output.print(json ? `${JSON.stringify({ heads, failed }, null, 2)}\n` : summary(done));
    if (heads.length === 0) {
      throw new TslensError("no head could be audited", {
        found: counted(failed.length, "failure"),
      });
    }
  } finally {
    interrupt.release();
  }
}

/** A table of so many rows is still read in a terminal. */
const MOST_SHOWN = 40;

function summary({ heads, failed, written }: Study): string {
  if (heads.length === 0) return "";
  const table = textTable({
    caption: `${counted(heads.length, "head")}${failed.length > 0 ? `, ${failed.length} failed` : ""}`,
    headings: ["head", "verdict", "causal share", "r", "rank", "p adjusted"],
    rows: heads
      .slice(0, MOST_SHOWN)
      .map((row) => [
        row.model_dir,
        row.verdict,
        { estimate: row.causal_share, low: row.causal_share_low, high: row.causal_share_high },
        row.r,
        { rank: row.rank, of: row.rank_of },
        row.p_adjusted,
      ]),
  });
  const more = heads.length > MOST_SHOWN ? `… and ${heads.length - MOST_SHOWN} more\n` : "";
  return `${table}${more}\n${written.map((file) => `wrote ${file}\n`).join("")}`;
}

interface WorkerFlags {
  readonly database?: string;
  readonly root: readonly string[];
  readonly workers: string;
  readonly idle?: string;
}

/** `tslens worker --database URL --root DIR…` */
export function workerCommand(command: Command, output: Output): void {
  command
    .option("--database <url>", DATABASE)
    .requiredOption(
      "--root <dir...>",
      "folders with heads, base models and results; nothing outside of them is opened",
    )
    .option("--workers <n>", "processes that compute", "1")
    .option("--idle <seconds>", "end after so long without a job, rather than wait for more")
    .action((flags: WorkerFlags) => worker(flags, output));
}

async function worker({ database, root, workers, idle }: WorkerFlags, output: Output) {
  const interrupt = listenForInterrupt();
  try {
    const { done, failed } = await runWorker({
      ...{ database, roots: root, signal: interrupt.signal },
      workers: atLeast(1, workers, "--workers", MOST_WORKERS),
      idleSeconds: idle === undefined ? undefined : atLeast(0, idle, "--idle"),
      onNote: (line) => output.note(oneLine(line)),
    });
    await output.print(`${counted(done, "head")} done, ${failed} failed\n`);
  } finally {
    interrupt.release();
  }
}

function atLeast(least: number, text: string, option: string, most = MOST_SECONDS): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least && value <= most) {
    return value;
  }
  throw new InputError(`${option} is out of range`, {
    found: quoted(text),
    expected: `a whole number from ${least} to ${most}`,
  });
}

/** pg-boss takes jobs of a day at most. */
const MOST_SECONDS = 80_000;

/** Processes of one machine, each with a tensor engine and a base model. */
const MOST_WORKERS = 256;
