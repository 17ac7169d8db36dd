import type { Command } from "commander";
import { analyzeLinearWeights } from "../analysis/linear-weights-analysis";
import { openHead } from "../analysis/open-head";
import { readPrompts } from "../analysis/prompts";
import { describeGradient, listSimilarities } from "../analysis/weights-tables";
import { linearWeightsFigures } from "../figures/result-figures";
import type { LinearWeightsResult } from "../results/linear-weights-result";
import { parseSeed } from "./arguments";
import { factLines, headLines, warningLines } from "./head-lines";
import { type Output, oneLine } from "./output";
import { printResult } from "./print-result";
import { inPromptsFile, PROMPTS_HELP } from "./prompts-option";
import { numberText, textTable } from "./text-table";

interface WeightsOptions {
  readonly base?: string;
  readonly revision?: string;
  readonly seed: string;
  readonly prompts?: string;
  readonly prependBos?: true;
  readonly json?: true;
  readonly out?: string;
}

const NAME = "linear_weights_analysis";

/** `tslens weights MODEL_DIR` */
export function weightsCommand(tslens: Command, output: Output): void {
  tslens
    .command("weights")
    .description("Compares a head's linear weights with the MLP weights of the neuron it predicts.")
    .argument("<model-dir>", "a training run's directory, or the folder with head.pt")
    .option("--base <base>", "the base model, instead of the head's base_model_name")
    .option("--revision <revision>", "of a base model from the hub: a branch, a tag or a commit")
    .option("--seed <n>", "of every random draw", "0")
    .option("--prompts <file>", `where the head's gradient is taken: ${PROMPTS_HELP}`)
    .option("--prepend-bos", "put the beginning-of-sequence token before each text")
    .option("--json", "print the result as JSON and nothing else")
    .option("--out <dir>", "also write the result and its figures into this folder")
    .action((modelDir: string, options: WeightsOptions) => weights(modelDir, options, output));
}

async function weights(modelDir: string, options: WeightsOptions, output: Output): Promise<void> {
  const seed = parseSeed(options.seed);
  const { prompts: file } = options;
  const prompts = file === undefined ? undefined : await readPrompts(file);
  const head = await openHead(modelDir, options);
  try {
    const result = await analyzeLinearWeights(head, {
      seed,
      prompts,
      prependBos: options.prependBos,
    }).catch((error) => {
      throw inPromptsFile(error, file);
    });
    const views = {
      figures: linearWeightsFigures,
      summary: (of: typeof result) => headLines(head) + summary(of),
    };
    await printResult(NAME, result, views, options, output);
  } finally {
    head.dispose();
  }
}

function summary(result: LinearWeightsResult): string {
  const { random_baseline: baseline, stats, pca } = result;
  const number = numberText;
  const shares = pca.explained_variance_ratio.map((share) => number(share)).join(" and ");
  return [
    `linear weights: ${result.linear_weights_rule}\n\n`,
    textTable(
      "Cosine similarity with the linear weights",
      ["compared with", "cosine", "z-score", "p-value"],
      [
        [
          "MLP input weights W_in[:, n]",
          result.sim_with_input,
          result.z_score_input,
          result.p_value_input,
        ],
        [
          "MLP output weights W_out[n, :]",
          result.sim_with_output,
          result.z_score_output,
          result.p_value_output,
        ],
        ...Object.entries(result.similarities).map(([name, cosine]) => [name, cosine, null, null]),
      ],
    ),
    `\n${baseline.n} random directions (seed ${baseline.seed}): mean ${number(baseline.mean)}, std ${number(baseline.std)}, 5–95% from ${number(baseline.p5)} to ${number(baseline.p95)}\n\n`,
    textTable(
      "Each similarity in its layer, and two-sided p-values under four nulls",
      [
        "head's",
        "compared with",
        "cosine",
        "in the layer",
        "random",
        "layer",
        "shuffled",
        "covariance",
      ],
      listSimilarities(result).map((row) => [
        ...[row.head_vector, row.compared_with, row.cosine, row.rank_in_layer],
        ...[row.p_random, row.p_layer, row.p_shuffled, row.p_covariance],
      ]),
    ),
    `\n${oneLine(result.processed_and_raw)}\n\n${factLines(describeGradient(result))}\n`,
    `PCA of the vectors below: explained variance ${shares}\n\n`,
    textTable(
      "Statistics",
      ["vector", "mean", "std", "min", "max", "l2_norm", "sparsity"],
      Object.entries(stats).map(([name, of]) => [
        name,
        ...(["mean", "std", "min", "max", "l2_norm", "sparsity"] as const).map(
          (key) => of?.[key] ?? null,
        ),
      ]),
    ),
    warningLines(result.warnings),
  ].join("");
}
