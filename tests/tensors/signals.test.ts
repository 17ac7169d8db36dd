import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { loadEngine } from "../../src/tensors/engine";
import { bundledHead } from "../notebooks/bundled-head";

const PROJECT = join(__dirname, "..", "..");
const TIMES = 12;
/** How many signals a program hears before it ends, however fast the machine. */
const ENOUGH = 500;

interface Ended {
  readonly sent: number;
  readonly heard: number;
  /** Digests of the numbers of each time; one, if they were the same every time. */
  readonly numbers: readonly string[];
  readonly errors: string;
}

/** Runs the program, and sends it signals as fast as can be from when it is ready to its end. */
async function patchedAgain(
  signals: readonly NodeJS.Signals[],
  env: NodeJS.ProcessEnv = {},
  ...nodeArgs: readonly string[]
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [
      ...[...nodeArgs, "--import", "tsx", join(__dirname, "patched-again.ts")],
      ...[bundledHead(), String(TIMES), String(signals.length > 0 ? ENOUGH : 0)],
    ],
    { cwd: PROJECT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const end = new Promise<string>((done) =>
    child.on("close", (code, signal) => done(`code ${code}, signal ${signal}`)),
  );
  let hasEnded = false;
  void end.then(() => {
    hasEnded = true;
  });
  let sent = 0;
  while (!hasEnded) {
    if (/ready\n$/.test(said)) for (const signal of signals) sent += Number(child.kill(signal));
    // 5,000 a second of each, which leaves the program time to run.
    await wait(signals.length > 0 ? 0.2 : 50);
  }
  assert.equal(await end, "code 0, signal null", errors);
  const last = said.trim().split("\n").pop() as string;
  return { ...(JSON.parse(last) as { heard: number; numbers: string[] }), sent, errors };
}

/**
 * oneDNN's matrix products corrupted the heap when a signal arrived (uxlfoundation/oneDNN issue
 * 4845): each of these ended by "corrupted size vs. prev_size" or a segmentation fault.
 */
describe("signals during patched runs", { skip: process.platform === "win32" }, () => {
  let undisturbed: Ended;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tslens-signals-"));
    undisturbed = await patchedAgain([]);
    assert.equal(undisturbed.numbers.length, 1);
  });
  after(() => rmSync(folder, { recursive: true }));

  const common = ["SIGUSR2", "SIGWINCH", "SIGCHLD"] as const;

  it("change no bit and are heard", async () => {
    const { sent, heard, numbers } = await patchedAgain(common);
    // Signals of a kind that are still waiting count as one.
    assert.ok(heard >= ENOUGH, `${heard} of ${sent} heard`);
    assert.deepEqual(numbers, undisturbed.numbers);
  });

  it("of a profiler change no bit", async () => {
    const profiler = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=200"];
    const { numbers } = await patchedAgain([], {}, ...profiler);
    assert.deepEqual(numbers, undisturbed.numbers);
    const [profile] = readdirSync(folder);
    const { samples } = JSON.parse(readFileSync(join(folder, profile), "utf8"));
    assert.ok(samples.length > 1000, `${samples.length} samples`);
  });

  // Other kernels, whose digits are others.
  for (const env of [
    { DNNL_MAX_CPU_ISA: "AVX2" },
    { TF_ENABLE_ONEDNN_OPTS: "1" },
    { TF_ENABLE_ONEDNN_OPTS: "1", DNNL_MAX_CPU_ISA: "AVX2" },
  ]) {
    it(`change no bit with ${JSON.stringify(env)}`, async () => {
      const { numbers } = await patchedAgain(common, env);
      assert.equal(numbers.length, 1);
    });
  }

  it("change no bit where they cannot be held back, and the engine says what that costs", async () => {
    const hidden = ["--require", join(__dirname, "without-koffi.cjs")];
    const { numbers, errors } = await patchedAgain(common, {}, ...hidden);
    assert.equal(numbers.length, 1);
    assert.match(errors, /^tslens: signals cannot be kept from the native engine \(koffi: /m);
  });

  it("are held back in every thread of the native library, and in no other", {
    skip: process.platform !== "linux",
  }, async () => {
    const before = blockedByThread();
    await loadEngine();
    const now = blockedByThread();
    const started = [...now].filter(([thread]) => !before.has(thread));
    assert.ok(started.length > 0);
    for (const [, blocked] of started) assert.ok(blocked & USR2, blocked.toString(16));
    for (const [thread, blocked] of before) assert.equal(now.get(thread), blocked);
  });
});

/** SIGUSR2 is 12 on Linux; the first signal's bit is the lowest. */
const USR2 = 1n << 11n;

/** Each thread's mask of blocked signals, as Linux shows it. */
function blockedByThread(): Map<string, bigint> {
  return new Map(
    readdirSync("/proc/self/task").map((thread) => {
      const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
      return [thread, BigInt(`0x${/^SigBlk:\s*(\w+)$/m.exec(status)![1]}`)];
    }),
  );
}
