import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { readPrompts } from "../analysis/prompts";
import { saveFigure } from "../display/save-figure";
import { InputError } from "../errors";
import { parseSeed } from "../experiments/arguments";
import { learningCurvesFigure } from "../figures/learning-curves";
import { HEAD_ACTIVATIONS, type HeadActivation } from "../heads/head-config";
import { progressBar } from "../progress/progress-bar";
import { FOR_PROGRAMS, formatNumber } from "../text/format-number";
import type { Binning } from "../training/bin-edges";
import type { TextUnit } from "../training/read-texts";
import { type TrainedHead, type TrainedHeads, trainHead, trainHeads } from "../training/train-head";
import type { TrainingOptions } from "../training/train-head-options";
import { warningLines } from "./head-lines";
import type { Output } from "./output";
import { textTable } from "./text-table";

interface TrainOptions {
  readonly base: string;
  readonly layer: string;
  readonly neuron?: string;
  readonly neurons?: string;
  readonly top?: string;
  readonly layerType: string;
  readonly headType: NonNullable<TrainingOptions["headType"]>;
  readonly hiddenDim?: string;
  readonly activation: HeadActivation;
  readonly dropout: string;
  readonly outputScale?: string;
  readonly numBins: string;
  readonly binning: Binning;
  readonly balanced?: true;
  readonly texts?: string;
  readonly textUnit: TextUnit;
  readonly featureLayer: string;
  readonly tokenPos: string;
  readonly epochs?: string;
  readonly seed: string;
  readonly out: string;
  readonly timestamp?: string;
  readonly json?: true;
}

/** `tslens train-head --base BASE --layer L` */
export function trainHeadCommand(command: Command, output: Output): void {
  const choice = (flags: string, text: string, choices: readonly string[], usual: string) =>
    new Option(flags, text).choices(choices).default(usual);
  command
    .requiredOption("--base <base>", "the base model, a folder or a name")
    .requiredOption("--layer <n>", "the block whose activation is predicted, from 0")
    .option("--neuron <n>", "the neuron; without it the best predictable one is chosen")
    .addOption(
      new Option(
        "--neurons <list>",
        "a head for each of several, such as 0-127 or 3,17,40-47",
      ).conflicts(["neuron", "top"]),
    )
    .addOption(
      new Option(
        "--top <count>",
        "a head for each of so many, the best predictable ones",
      ).conflicts("neuron"),
    )
    .option("--layer-type <name>", "which activation is predicted", "mlp_out")
    .addOption(
      choice(
        "--head-type <type>",
        "kind of head",
        ["regression", "classification", "token"],
        "regression",
      ),
    )
    .option("--hidden-dim <n>", "width of a hidden layer; none without it")
    .addOption(choice("--activation <name>", "of the hidden layer", HEAD_ACTIVATIONS, "gelu"))
    .option("--dropout <share>", "in training, from 0 to below 1", "0")
    .option("--output-scale <factor>", "the output is multiplied by this")
    .option("--num-bins <n>", "classes of a classification head", "10")
    .addOption(
      choice(
        "--binning <kind>",
        "equally many texts or equal width",
        ["quantile", "width"],
        "quantile",
      ),
    )
    .option("--balanced", "rare classes count more in training")
    .option(
      "--texts <file>",
      "texts to train on, or a JSON list of texts or of lists of token ids; a bundled set without it",
    )
    .addOption(
      choice("--text-unit <unit>", "what a text is", ["auto", "line", "paragraph"], "auto"),
    )
    .option("--feature-layer <n>", "the block whose resid_post is read, −1 the last", "-1")
    .option("--token-pos <n>", "which token is measured, or last", "last")
    .option("--epochs <n>", "most passes over the texts, where there is no closed form")
    .option("--seed <n>", "of everything that is drawn at random", "0")
    .option("--out <dir>", "the folder that the run directory is made in", "models")
    .option("--timestamp <when>", "in the run directory's name, yyyymmdd_hhmmss; now without it")
    .option("--json", "print the directory, configuration and metrics as JSON and nothing else")
    .action((options: TrainOptions) => train(options, output));
}

async function train(options: TrainOptions, output: Output): Promise<void> {
  const given = { ...(await toTrainingOptions(options)), progress: progressBar };
  if (options.neurons === undefined && options.top === undefined) {
    const neuron = options.neuron === undefined ? undefined : whole(options.neuron, "--neuron");
    const trained = await trainHead(options.base, { ...given, neuron });
    await saveLearningCurves(trained);
    await output.print(options.json ? json(trained) : summary(trained));
    return;
  }
  const trained = await trainHeads(options.base, {
    ...given,
    neurons: options.neurons === undefined ? undefined : neuronList(options.neurons),
    top: options.top === undefined ? undefined : whole(options.top, "--top"),
  });
  // The one epoch of a head that is solved at once is no curve, and a page of it takes five megabytes.
  for (const head of trained.heads) {
    if (head.metrics.learning_rate.length > 0) await saveLearningCurves(head);
  }
  await output.print(options.json ? json(trained) : summaryOfSeveral(trained));
}

function json(trained: TrainedHead | TrainedHeads): string {
  return `${JSON.stringify(trained, null, 2)}\n`;
}

/** Beside the metrics that they are drawn from; a token head has none. */
async function saveLearningCurves({ directory, config, metrics }: TrainedHead): Promise<void> {
  if (config.head_type === "token") return;
  await saveFigure(learningCurvesFigure(metrics), "learning_curves", {
    directory,
    formats: ["html", "json"],
  });
}

async function toTrainingOptions(options: TrainOptions): Promise<TrainingOptions> {
  const { hiddenDim, outputScale, epochs, texts, tokenPos } = options;
  return {
    layer: whole(options.layer, "--layer"),
    layerType: options.layerType,
    headType: options.headType,
    hiddenDim: hiddenDim === undefined ? null : whole(hiddenDim, "--hidden-dim"),
    activation: options.activation,
    dropout: number(options.dropout, "--dropout"),
    outputScale: outputScale === undefined ? null : number(outputScale, "--output-scale"),
    numBins: whole(options.numBins, "--num-bins"),
    binning: options.binning,
    classWeights: options.balanced ? "balanced" : null,
    texts: texts === undefined ? undefined : await readPrompts(texts, { unit: options.textUnit }),
    featureLayer: whole(options.featureLayer, "--feature-layer"),
    tokenPos: tokenPos === "last" ? tokenPos : whole(tokenPos, "--token-pos"),
    gradient: epochs === undefined ? {} : { epochs: whole(epochs, "--epochs") },
    seed: parseSeed(options.seed),
    out: options.out,
    timestamp: options.timestamp === undefined ? undefined : moment(options.timestamp),
  };
}

/** Numbers and ranges of them, such as "3,17,40-47". */
function neuronList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [, from, to = from] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from !== undefined && first <= last && last - first < MOST_NEURONS) {
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    }
    throw new InputError("--neurons is no list of neurons", {
      found: `"${part}"`,
      expected: "numbers and ranges, such as 0-127 or 3,17,40-47",
    });
  });
}

function whole(text: string, option: string): number {
  const value = number(text, option);
  if (Number.isSafeInteger(value)) return value;
  throw new InputError(`${option} is not a whole number`, { found: `"${text}"` });
}

function number(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InputError(`${option} is not a number`, { found: `"${text}"` });
}

/** The moment that a run directory's name gives, in UTC. */
function moment(text: string): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/.exec(text);
  const [, year, month, day, hour, minute, second] = parts ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (parts && !Number.isNaN(date.getTime())) return date;
  throw new InputError("--timestamp is not a moment", {
    found: `"${text}"`,
    expected: "yyyymmdd_hhmmss, such as 20250422_173314",
  });
}

/** How many neurons of a scan are shown. */
const SCAN_SHOWN = 5;

/** More neurons than any activation has. */
const MOST_NEURONS = 1e6;

function summaryOfSeveral({ heads, skipped }: TrainedHeads): string {
  const [{ config, metrics, warnings, directory }] = heads;
  const { texts } = metrics;
  return [
    `${heads.length} ${config.head_type} heads for neurons of ${metrics.hook}, reading ${metrics.feature_hook}\n`,
    `${texts.count} texts: ${texts.train} to train on, ${texts.validation} for validation, ${texts.test} to test on\n`,
    `\n${textTable({
      caption: "How well they predict, R² on the test texts",
      headings: ["neuron", "this head", "last token alone", "shuffled labels", "correlation"],
      rows: heads.map(({ config, metrics: { test_metrics, baselines } }) => [
        config.target_neuron,
        ...[test_metrics.r2, baselines.last_token.r2, baselines.shuffled_labels.r2],
        test_metrics.correlation,
      ]),
    })}`,
    ...skipped.map(({ reason }) => `no head: ${reason}\n`),
    warningLines(warnings),
    `\nwritten to ${dirname(directory)}\n`,
  ].join("");
}

function summary({ directory, config, metrics, warnings }: TrainedHead): string {
  const { baselines, scan, ridge, texts } = metrics;
  const rows: [string, TrainedHead["metrics"]["test_metrics"]][] = [
    ["this head, training texts", metrics.best_model_metrics.train],
    ["this head, validation texts", metrics.best_model_metrics.validation],
    ["this head, test texts", metrics.test_metrics],
    ["mean, test texts", baselines.mean],
    ["last token alone, test texts", baselines.last_token],
    ["shuffled labels, test texts", baselines.shuffled_labels],
  ];
  const { accuracy } = metrics.test_metrics;
  return [
    `${config.head_type} head for neuron ${config.target_neuron} of ${metrics.hook}, reading ${metrics.feature_hook}\n`,
    `${texts.count} texts: ${texts.train} to train on, ${texts.validation} for validation, ${texts.test} to test on\n`,
    texts.truncated > 0 ? `${texts.truncated} texts were cut to the model's context\n` : "",
    ridge ? `ridge regression with penalty ${ridge.penalty}, chosen by cross-validation\n` : "",
    metrics.learning_rate.length === 0
      ? ""
      : `${metrics.val_loss.length} epochs, the best after ${metrics.best_epoch}\n`,
    scan
      ? `\n${textTable({
          caption: "Neurons, the best predictable first",
          headings: ["neuron", "variance", "range", "sparsity", "estimated R²"],
          rows: scan
            .slice(0, SCAN_SHOWN)
            .map((one) => [one.neuron, one.variance, one.range, one.sparsity, one.r_squared]),
        })}`
      : "",
    `\n${textTable({
      caption: "How well it predicts",
      headings: ["predictor", "R²", "correlation", "MSE", "MAE"],
      rows: rows.map(([name, of]) => [name, of.r2, of.correlation, of.mse, of.mae]),
    })}`,
    accuracy === undefined
      ? ""
      : `accuracy on the test texts: ${formatNumber(accuracy, FOR_PROGRAMS)}\n`,
    warningLines(warnings),
    `\nwritten to ${directory}\n`,
  ].join("");
}
