import type { Command } from "commander";
import { openHead } from "../analysis/open-head";
import { readPrompts } from "../analysis/prompts";
import { InterruptedError } from "../errors";
import { parseSeed } from "../experiments/arguments";
import type { Experiment, SharedOptions } from "../experiments/experiment";
import type { ResultName } from "../experiments/registry";
import { savedText, saveResult } from "../experiments/save-result";
import { serializeResult } from "../experiments/serialize-result";
import { listenForInterrupt } from "../progress/interrupt";
import type { HeadResult } from "../results/head-result";
import { findingLines, headLines, summaryText, warningLines } from "./head-lines";
import type { Output } from "./output";
import { baseOptions, prependBosOption, promptsOption } from "./shared-options";

/** The options that every experiment has. */
interface Options {
  readonly base?: string;
  readonly revision?: string;
  readonly prompts?: string;
  readonly texts?: string;
  readonly prependBos?: true;
  readonly seed?: string;
  readonly json?: true;
  readonly out?: string;
}

/** The command of an experiment: `tslens patch MODEL_DIR` and the like. */
export function experimentCommand(
  command: Command,
  experiment: Experiment<ResultName>,
  output: Output,
): void {
  const { prompts, isRandom, options = [] } = experiment.command;
  promptsOption(baseOptions(command), prompts);
  for (const { flags, help, value, repeats } of options) {
    const collect = (given: string, before: readonly string[] = []) => [...before, given];
    if (repeats) command.option(flags, help, collect);
    else command.option(flags, help, value);
  }
  prependBosOption(command);
  if (isRandom) command.option("--seed <n>", "of every random draw", "0");
  command
    .option("--json", "print the result as JSON and nothing else")
    .option("--out <dir>", "also write the result and its figures into this folder")
    .action((modelDir: string, given: Options) => run(experiment, modelDir, given, output));
}

async function run(
  experiment: Experiment<ResultName>,
  modelDir: string,
  options: Options,
  output: Output,
): Promise<void> {
  const { command } = experiment;
  const measure = command.prepare(options as Readonly<Record<string, unknown>>);
  const seed = options.seed === undefined ? undefined : parseSeed(options.seed);
  const file = options.prompts ?? options.texts;
  const prompts = file === undefined ? undefined : await readPrompts(file);
  const head = await openHead(modelDir, options);
  // What cannot be stopped and keep what is done ends as any program does.
  const interrupt = command.unfinished ? listenForInterrupt() : null;
  const shared = { prompts, prependBos: options.prependBos, seed, signal: interrupt?.signal };
  try {
    const result = await measure(head, given(shared)).catch((error) => {
      throw inPromptsFile(error, file);
    });
    const left = command.unfinished?.(result) ?? null;
    const stopped = left && interruptedError(left, options);
    if (left?.isEmpty) throw stopped;
    const json = serializeResult(experiment.name, result as never);
    const written = await save(experiment, result, options);
    const findings = experiment.findings?.(result) ?? [];
    const text = headLines(head) + findingLines(findings) + summaryText(command.summary(result));
    await output.print(options.json ? json : text + warningLines(result.warnings) + written);
    if (stopped) throw stopped;
  } finally {
    interrupt?.release();
    head.dispose();
  }
}

/** Without what was not given, so that defaults stand. */
function given(options: SharedOptions): SharedOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function save(
  { name, figures }: Experiment<ResultName>,
  result: HeadResult,
  { out }: Options,
): Promise<string> {
  if (!out) return "";
  return `\n${savedText(await saveResult(result, figures(result), { directory: out, name }))}\n`;
}

function interruptedError(
  { what, done, isEmpty }: { what: string; done: string; isEmpty: boolean },
  { out }: Options,
): InterruptedError {
  return new InterruptedError(`${what} was interrupted`, {
    found: done,
    remedy: isEmpty
      ? "Nothing was written."
      : out === undefined
        ? "With --out what is done is kept, and --resume goes on with it."
        : "Go on with --resume and the file that was written.",
  });
}

/** Says which file a prompt that cannot be run stands in. */
function inPromptsFile(error: Error, file: string | undefined): Error {
  if (file !== undefined && /^prompt \d/.test(error.message)) {
    error.message = `${file}: ${error.message}`;
  }
  return error;
}
