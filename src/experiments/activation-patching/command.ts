import { DEFAULT_PROMPTS } from "../../analysis/prompts";
import { parsePatch } from "../../patching/patch-kinds";
import { DEFAULT_SCALE_FACTORS } from "../../patching/scaling-experiment";
import type { Cell } from "../../text/cell";
import { cutText } from "../../text/cut-text";
import { phrase } from "../../text/phrase";
import { parseNumbers } from "../arguments";
import type { ExperimentCommand, SummaryTable } from "../experiment";
import { about } from "./about";
import { analyzeActivationPatching } from "./measure";
import type { ActivationPatchingResult } from "./result";
import { describeControls, listSlopes, promptLabels } from "./tables";

interface Options {
  readonly patch?: readonly string[];
  readonly factors: string;
  /** False after `--no-controls`. */
  readonly controls: boolean;
}

/** What is done if no `--patch` is given: zero-ablation. */
const DEFAULT_PATCHES = ["set:0"];

/** `tslens patch MODEL_DIR` */
export const patchCommand: ExperimentCommand<ActivationPatchingResult> = {
  ...about,
  isRandom: true,
  options: [
    {
      flags: "--patch <patch>",
      help: `set:VALUE, scale:FACTOR, add:VALUE, zero, mean or resample; may be repeated (default: ${DEFAULT_PATCHES})`,
      repeats: true,
    },
    {
      flags: "--factors <list>",
      help: "factors of the scaling experiment",
      value: DEFAULT_SCALE_FACTORS.join(","),
    },
    {
      flags: "--no-controls",
      help: "leave out the same experiment on other neurons and heads, for speed",
    },
  ],
  prepare(options) {
    const { patch, factors, controls } = options as unknown as Options;
    const settings = {
      patches: (patch ?? DEFAULT_PATCHES).map(parsePatch),
      factors: parseNumbers(factors, "--factors"),
      controls: controls ? {} : (false as const),
    };
    return (head, { prompts = DEFAULT_PROMPTS, ...shared }) =>
      analyzeActivationPatching(head, prompts, { ...shared, ...settings });
  },
  summary: (result) => [
    phrase`correlation of activation and prediction: ${result.baseline.correlation}`,
    pooledLine(result),
    slopesTable(result),
    describeControls(result),
    changesTable(result),
    promptsTable(result),
  ],
};

/** A prompt in a table shows this many characters. */
const LONGEST_PROMPT = 48;

function promptsTable(result: ActivationPatchingResult): SummaryTable {
  const { baseline, per_input } = result;
  return {
    caption: "Unpatched, and how the prediction follows the scaled activation",
    headings: ["prompt", "activation", "prediction", "slope", "R²"],
    rows: promptLabels(result).map((label, i) => [
      ...[cutText(label, LONGEST_PROMPT), baseline.activation[i], baseline.prediction[i]],
      ...[per_input[i].slope, per_input[i].r2],
    ]),
  };
}

function pooledLine({ regression }: ActivationPatchingResult): Cell {
  const { slope, intercept, r_squared } = regression;
  return phrase`pooled line of the changes: slope ${slope}, intercept ${intercept}, R² ${r_squared}`;
}

function slopesTable(result: ActivationPatchingResult): SummaryTable {
  return {
    caption: "Slope, intercept and R² with 95% intervals over prompts",
    headings: ["how it was measured", "slope", "intercept", "R²", ""],
    rows: listSlopes(result).map((row) => [
      ...[row.measured, row.slope, row.intercept, row.r_squared, row.note],
    ]),
  };
}

function changesTable({ experiments, scaling, baseline }: ActivationPatchingResult): SummaryTable {
  return {
    caption:
      "How far patches move the activation and the prediction: mean |change| over the prompts",
    headings: ["patch", "activation", "prediction"],
    rows: [...experiments, ...scaling].map((run) => [
      run.patch.join(" "),
      meanSize(run.activation, baseline.activation),
      meanSize(run.prediction, baseline.prediction),
    ]),
  };
}

function meanSize(patched: readonly number[], baseline: readonly number[]): number {
  const sizes = patched.map((value, i) => Math.abs(value - baseline[i]));
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}
