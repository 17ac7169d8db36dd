import type { Command } from "commander";
import { analyzeActivationPatching } from "../analysis/activation-patching-analysis";
import { openHead } from "../analysis/open-head";
import { describeControls, listSlopes } from "../analysis/patching-tables";
import { activationPatchingFigures, promptLabels } from "../figures/result-figures";
import { parsePatch } from "../patching/patch-kinds";
import { DEFAULT_SCALE_FACTORS } from "../patching/scaling-experiment";
import { progressBar } from "../progress/progress-bar";
import type { ActivationPatchingResult } from "../results/activation-patching-result";
import { parseNumbers, parseSeed } from "./arguments";
import { factLines, headLines, plainMinus, warningLines } from "./head-lines";
import type { Output } from "./output";
import { printResult } from "./print-result";
import { inPromptsFile, PROMPTS_HELP, promptsFrom } from "./prompts-option";
import { numberText, textTable } from "./text-table";

interface PatchOptions {
  readonly base?: string;
  readonly revision?: string;
  readonly prompts?: string;
  readonly patch?: readonly string[];
  readonly factors: string;
  readonly prependBos?: true;
  readonly seed: string;
  /** False after `--no-controls`. */
  readonly controls: boolean;
  readonly json?: true;
  readonly out?: string;
}

const NAME = "activation_patching";

/** What is done if no `--patch` is given: zero-ablation. */
const DEFAULT_PATCHES = ["set:0"];

/** `tslens patch MODEL_DIR` */
export function patchCommand(tslens: Command, output: Output): void {
  tslens
    .command("patch")
    .description("Patches the neuron a head predicts and measures how the prediction follows.")
    .argument("<model-dir>", "a training run's directory, or the folder with head.pt")
    .option("--base <base>", "the base model, instead of the head's base_model_name")
    .option("--revision <revision>", "of a base model from the hub: a branch, a tag or a commit")
    .option("--prompts <file>", PROMPTS_HELP)
    .option(
      "--patch <patch>",
      `set:VALUE, scale:FACTOR, add:VALUE, zero, mean or resample; may be repeated (default: ${DEFAULT_PATCHES})`,
      (patch: string, before: readonly string[] = []) => [...before, patch],
    )
    .option(
      "--factors <list>",
      "factors of the scaling experiment",
      DEFAULT_SCALE_FACTORS.join(","),
    )
    .option("--prepend-bos", "put the beginning-of-sequence token before each text")
    .option("--seed <n>", "of every random draw", "0")
    .option("--no-controls", "leave out the same experiment on other neurons and heads, for speed")
    .option("--json", "print the result as JSON and nothing else")
    .option("--out <dir>", "also write the result and its figures into this folder")
    .action((modelDir: string, options: PatchOptions) => patch(modelDir, options, output));
}

async function patch(modelDir: string, options: PatchOptions, output: Output): Promise<void> {
  const patches = (options.patch ?? DEFAULT_PATCHES).map(parsePatch);
  const seed = parseSeed(options.seed);
  const factors = parseNumbers(options.factors, "--factors");
  const prompts = await promptsFrom(options.prompts);
  const head = await openHead(modelDir, options);
  const bar = progressBar({ label: "Patching", total: prompts.length });
  try {
    const result = await analyzeActivationPatching(head, prompts, {
      factors,
      patches,
      prependBos: options.prependBos,
      seed,
      controls: options.controls ? {} : false,
      progress: bar,
    })
      .catch((error) => {
        throw inPromptsFile(error, options.prompts);
      })
      .finally(() => bar.done());
    const views = {
      figures: activationPatchingFigures,
      summary: (of: typeof result) => headLines(head) + summary(of),
    };
    await printResult(NAME, result, views, options, output);
  } finally {
    head.dispose();
  }
}

function summary(result: ActivationPatchingResult): string {
  const { baseline, regression, per_input } = result;
  const number = numberText;
  return [
    textTable(
      "Unpatched, and how the prediction follows the scaled activation",
      ["prompt", "activation", "prediction", "slope", "R²"],
      promptLabels(result).map((label, i) => [
        shortened(label),
        baseline.activation[i],
        baseline.prediction[i],
        per_input[i].slope,
        per_input[i].r2,
      ]),
    ),
    `\ncorrelation of activation and prediction: ${number(baseline.correlation)}\n`,
    `pooled line of the changes: slope ${number(regression.slope)}, intercept ${number(regression.intercept)}, R² ${number(regression.r_squared)}\n\n`,
    textTable(
      "Slope, intercept and R² with 95% intervals over prompts",
      ["measured", "slope", "intercept", "R²", ""],
      listSlopes(result).map((row) => [
        row.measured,
        ...[row.slope, row.intercept, row.r_squared, row.note].map(plainMinus),
      ]),
    ),
    `\n${factLines(describeControls(result))}\n`,
    textTable(
      "Mean changes over the prompts",
      ["patch", "activation", "prediction"],
      [...result.experiments, ...result.scaling].map((run) => [
        run.patch.join(" "),
        meanChange(run.activation, baseline.activation),
        meanChange(run.prediction, baseline.prediction),
      ]),
    ),
    warningLines(result.warnings),
  ].join("");
}

/** A prompt in a table shows this many characters. */
const LONGEST_PROMPT = 48;

function shortened(text: string): string {
  const letters = Array.from(text);
  if (letters.length <= LONGEST_PROMPT) return text;
  return `${letters.slice(0, LONGEST_PROMPT - 1).join("")}…`;
}

function meanChange(patched: readonly number[], baseline: readonly number[]): number {
  return patched.reduce((sum, value, i) => sum + value - baseline[i], 0) / patched.length;
}
