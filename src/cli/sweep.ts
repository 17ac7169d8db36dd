import type { Command } from "commander";
import { analyzeNeuronSweep, progressText, sweepRuns } from "../analysis/neuron-sweep-analysis";
import { openHead } from "../analysis/open-head";
import { InputError, InterruptedError } from "../errors";
import { neuronSweepFigures } from "../figures/result-figures";
import type { BoundHead } from "../heads/bind-head";
import { getActName, type HookName, type ShortName } from "../model/hook-names";
import { everyLayer } from "../patching/neuron-sweep";
import { parsePatch } from "../patching/patch-kinds";
import { listenForInterrupt } from "../progress/interrupt";
import { progressBar } from "../progress/progress-bar";
import type { NeuronSweepResult } from "../results/neuron-sweep-result";
import { readNeuronSweep } from "../results/read-neuron-sweep";
import { parseNumber } from "./arguments";
import { headLines, warningLines } from "./head-lines";
import type { Output } from "./output";
import { printResult } from "./print-result";
import { inPromptsFile, PROMPTS_HELP, promptsFrom } from "./prompts-option";
import { numberText, textTable } from "./text-table";

interface SweepOptions {
  readonly base?: string;
  readonly revision?: string;
  readonly prompts?: string;
  readonly patch: string;
  readonly hook?: readonly string[];
  readonly allLayers?: true;
  readonly maxBytes?: string;
  readonly prependBos?: true;
  readonly resume?: string;
  readonly json?: true;
  readonly out?: string;
}

const NAME = "neuron_sweep";

/** How many neurons the summary lists. */
const LISTED = 10;

/** `tslens sweep MODEL_DIR` */
export function sweepCommand(tslens: Command, output: Output): void {
  tslens
    .command("sweep")
    .description(
      "Patches every neuron of the target's layer, one at a time, and ranks them by how much the head's prediction changes.",
    )
    .argument("<model-dir>", "a training run's directory, or the folder with head.pt")
    .option("--base <base>", "the base model, instead of the head's base_model_name")
    .option("--revision <revision>", "of a base model from the hub: a branch, a tag or a commit")
    .option("--prompts <file>", PROMPTS_HELP)
    .option("--patch <patch>", "set:VALUE, scale:FACTOR, add:VALUE, zero, mean or resample", "zero")
    .option(
      "--hook <name>",
      "whose neurons: a short name (of the target's layer) or a long one; may be repeated (default: the head's own activation, and post)",
      (hook: string, before: readonly string[] = []) => [...before, hook],
    )
    .option("--all-layers", "the neurons of every layer (of post, if no --hook is given)")
    .option("--max-bytes <bytes>", "memory for what is computed at one time")
    .option("--prepend-bos", "put the beginning-of-sequence token before each text")
    .option("--resume <file>", "go on with a sweep that was stopped: the file it wrote with --out")
    .option("--json", "print the result as JSON and nothing else")
    .option("--out <dir>", "also write the result and its figure into this folder")
    .action((modelDir: string, options: SweepOptions) => sweep(modelDir, options, output));
}

async function sweep(modelDir: string, options: SweepOptions, output: Output): Promise<void> {
  const patch = parsePatch(options.patch);
  const { maxBytes: bytes } = options;
  const maxBytes = bytes === undefined ? undefined : parseNumber(bytes, "--max-bytes");
  const prompts = await promptsFrom(options.prompts);
  const resume = options.resume === undefined ? undefined : readNeuronSweep(options.resume);
  const head = await openHead(modelDir, options);
  const interrupt = listenForInterrupt();
  try {
    const hooks = hooksOf(options, head);
    const total = sweepRuns(head, prompts, { hooks });
    const bar = progressBar({ label: "Sweeping", total });
    const result = await analyzeNeuronSweep(head, prompts, {
      hooks,
      patch,
      maxBytes,
      prependBos: options.prependBos,
      resume,
      progress: bar,
      signal: interrupt.signal,
    })
      .catch((error) => {
        throw inPromptsFile(error, options.prompts);
      })
      .finally(() => bar.done());
    if (nothingDone(result)) throw stopped(result, options);
    const views = {
      figures: neuronSweepFigures,
      summary: (of: typeof result) => headLines(head) + summary(of),
    };
    await printResult(NAME, result, views, options, output);
    if (!result.is_complete) throw stopped(result, options);
  } finally {
    interrupt.release();
    head.dispose();
  }
}

/** What is swept; undefined leaves it to the analysis. */
function hooksOf({ hook, allLayers }: SweepOptions, head: BoundHead): HookName[] | undefined {
  if (hook === undefined) return allLayers && everyLayer("post", head.model);
  const { targetLayer } = head.files.config;
  return hook.flatMap((name) => {
    if (!allLayers) return [getActName(name, targetLayer)];
    if (!name.includes("hook_")) return everyLayer(name as ShortName, head.model);
    throw new InputError("--all-layers takes short names", {
      found: `"${name}"`,
      expected: "--hook post, --hook mlp_out and the like",
    });
  });
}

function nothingDone({ swept }: NeuronSweepResult): boolean {
  return swept.every(({ changes }) => changes.every((ofNeuron) => ofNeuron === null));
}

function stopped(result: NeuronSweepResult, { out }: SweepOptions): InterruptedError {
  return new InterruptedError("the sweep was interrupted", {
    found: progressText(result.swept),
    remedy: nothingDone(result)
      ? "Nothing was written."
      : out === undefined
        ? "With --out what is done is kept, and --resume goes on with it."
        : "Go on with --resume and the file that was written.",
  });
}

function summary({ target, swept, baseline, warnings }: NeuronSweepResult): string {
  const tables = swept.map(({ hook, changes, largest, attribution }) =>
    [
      textTable(
        `The largest effects among the ${changes.length} neurons of ${hook}`,
        ["neuron", "mean change", "mean |change|"],
        largest
          .slice(0, LISTED)
          .map((neuron) => [neuron.index, neuron.mean_change, neuron.mean_abs_change]),
      ),
      attribution.correlation === null
        ? ""
        : `their gradient approximation correlates with them by ${numberText(attribution.correlation)}\n`,
    ].join(""),
  );
  return [
    ...tables.map((table) => `${table}\n`),
    target
      ? `the target, neuron ${target.index} of ${target.hook}: rank ${numberText(target.rank)} of ${target.of}, mean change ${numberText(target.mean_change)}${target.reason ? ` (${target.reason})` : ""}\n`
      : "the target is not among the neurons that were patched\n",
    `predictions unpatched: ${numberText(Math.min(...baseline.prediction))} to ${numberText(Math.max(...baseline.prediction))}\n`,
    warningLines(warnings),
  ].join("");
}
