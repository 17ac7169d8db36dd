/**
 * A study of many heads on the bundled model, beside single audits: its time, and whether the memory of what
 * computes grows with the number of heads.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { openBase } from "../src/model/open-base";
import { trainHeads } from "../src/training/train-head";
import { type Measurement, measurement, seconds } from "./measurement";
import { isQuick } from "./quick";

const TSLENS = join(__dirname, "..", "bin", "tslens.js");
const TINY = join(__dirname, "..", "models", "tiny-gpt2");

/** `npm run bench -- studying --heads N`: 200 take minutes. */
const HEADS = Number(process.env.TSLENS_BENCH_HEADS ?? (isQuick ? 2 : 200));
/** Single audits that are timed; all take as long. */
const SINGLE = isQuick ? 1 : 3;
const FEW = isQuick ? 1 : 10;
const LAYERS = [1, 2];
const SAMPLE_MS = 100;

export async function* studying(): AsyncGenerator<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), "tslens-bench-study-"));
  try {
    const heads = await train(join(folder, "heads"));
    const few = join(folder, "few");
    mkdirSync(few);
    const fewHeads = heads.slice(0, Math.min(FEW, heads.length));
    for (const head of fewHeads) cpSync(head, join(few, basename(head)), { recursive: true });
    const out = (name: string) => ["--out", join(folder, name)];
    const alone: number[] = [];
    for (const [i, head] of heads.slice(-SINGLE).entries()) {
      alone.push(await seconds(() => tslens(["audit", head, "--no-browser", ...out(`one-${i}`)])));
    }
    const single = [...alone].sort((a, b) => a - b)[Math.floor(alone.length / 2)];
    const peaks: number[] = [];
    const times: number[] = [];
    for (const [i, given] of [few, join(folder, "heads")].entries()) {
      const study = ["study", given, ...out(`study-${i}`), "--workers", "1"];
      times.push(await seconds(async () => peaks.push(await tslens(study))));
    }
    const both = await seconds(() =>
      tslens(["study", join(folder, "heads"), ...out("study-both"), "--workers", "2"]),
    );
    const of = `${heads.length} heads of the tiny model`;
    const beside = `${heads.length} times a single audit (${SINGLE} measured)`;
    yield measurement("a single audit, tiny model", alone, "seconds", "this machine");
    yield measurement(`a study, ${of}, 1 process`, [times[1]], "seconds", "this machine, once");
    yield measurement(`a study, ${of}, 2 processes`, [both], "seconds", "this machine, once");
    for (const [processes, time] of [
      ["1 process", times[1]],
      ["2 processes", both],
    ] as const) {
      const ratio = time / (heads.length * single);
      yield measurement(`a study, ${of}, ${processes}`, [ratio], "× time", beside);
    }
    yield measurement(
      ...([`what computes a study, ${of}`, [peaks[1] / peaks[0]], "× peak memory"] as const),
      `the same of ${fewHeads.length} heads, ${Math.round(peaks[0] / 2 ** 20)} MiB`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Linear heads in closed form, half of them of each layer. */
async function train(folder: string): Promise<string[]> {
  const base = await openBase(TINY);
  try {
    const directories: string[] = [];
    for (const [i, layer] of LAYERS.entries()) {
      const count = Math.floor((HEADS + i) / LAYERS.length);
      const { heads } = await trainHeads(base, {
        neurons: Array.from({ length: count }, (_, neuron) => neuron),
        ...{ layer, out: folder, timestamp: new Date("2026-01-01T12:00:00Z") },
      });
      directories.push(...heads.map(({ directory }) => directory));
    }
    return directories;
  } finally {
    base.dispose();
  }
}

/**
 * Runs a command.
 *
 * @returns the most bytes of memory that a process which computes for it had (Linux; else 0)
 */
async function tslens(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [TSLENS, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, ...peaksOf(child));
  }, SAMPLE_MS);
  const [code] = await once(child, "close");
  clearInterval(look);
  if (code !== 0) throw new Error(said);
  return peak;
}

/** The kernel keeps each process's own peak. */
function peaksOf({ pid }: ChildProcess): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children.split(" ").map((one) => {
      const status = readFileSync(`/proc/${one}/status`, "utf8");
      return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    });
  } catch {
    return [];
  }
}
