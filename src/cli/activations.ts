import * as tf from "@tensorflow/tfjs-core";
import type { Command } from "commander";
import type { NamedArray } from "../checkpoints/named-array";
import { writeSafetensors } from "../checkpoints/safetensors-writer";
import { InputError } from "../errors";
import { parseTokens } from "../experiments/arguments";
import { HookedTransformer } from "../model/hooked-transformer";
import { tokenBatch } from "../model/token-batch";
import { DEFAULT_PROCESSING, NO_PROCESSING } from "../model/weight-processing";
import { counted, type Output, oneLine } from "./output";

interface ActivationsOptions {
  readonly revision?: string;
  readonly tokens?: string;
  readonly text?: string;
  readonly prependBos?: true;
  readonly names?: string;
  /** False after `--no-processing`. */
  readonly processing: boolean;
  readonly out: string;
}

const LOGITS = "logits";

/** `tslens activations BASE` */
export function activationsCommand(command: Command, output: Output): void {
  command
    .option("--revision <revision>", "of a base model from the hub: a branch, a tag or a commit")
    .option("--tokens <ids>", "the prompt as token ids, such as 1,2,3")
    .option("--text <text>", "the prompt as text")
    .option("--prepend-bos", "put the beginning-of-sequence token before the text")
    .option("--names <regex>", "only activations whose names match, and the logits")
    .option("--no-processing", "leave the weights as they are in the file")
    .requiredOption("--out <file>", "the .safetensors file to write")
    .action((base: string, options: ActivationsOptions) => activations(base, options, output));
}

async function activations(
  base: string,
  options: ActivationsOptions,
  output: Output,
): Promise<void> {
  const prompt = promptOf(options);
  const pattern = patternOf(options.names);
  const model = await HookedTransformer.fromPretrained(base, {
    ...(options.processing ? DEFAULT_PROCESSING : NO_PROCESSING),
    revision: options.revision,
  });
  try {
    const { prependBos } = options;
    const [tokens] = tokenBatch(prompt, model.cfg, model.promptEncoder, { prependBos });
    const tensors = run(model, tokens, pattern);
    await writeSafetensors(options.out, tensors, {
      base_model: base,
      tokens: JSON.stringify(tokens),
      weight_processing: String(options.processing),
    });
    for (const warning of model.warnings) output.note(`Note: ${oneLine(warning)}`);
    await output.print(
      `${options.out}: ${counted(tensors.size, "tensor")} of ${counted(tokens.length, "token")} (${model.engine.description})\n`,
    );
  } finally {
    model.dispose();
  }
}

function promptOf({ text, tokens, prependBos }: ActivationsOptions): string | number[] {
  if ((text === undefined) === (tokens === undefined)) {
    throw new InputError("activations needs one prompt", {
      found: text === undefined ? "none" : "both --text and --tokens",
      expected: "either --tokens 1,2,3 or --text TEXT",
    });
  }
  if (tokens === undefined) return text!;
  if (!prependBos) return parseTokens(tokens);
  throw new InputError("--prepend-bos is for --text: token ids are run as they are", {
    remedy: "Put the token's id first.",
  });
}

function patternOf(names: string | undefined): RegExp {
  try {
    return new RegExp(names ?? "");
  } catch (cause) {
    throw new InputError("--names is not a regular expression", {
      found: (cause as Error).message,
      remedy: "Write it as in JavaScript, such as 'blocks\\.0\\.|resid_post'.",
      cause,
    });
  }
}

/** Activations and logits of one prompt by name, without the batch axis. */
function run(
  model: HookedTransformer,
  tokens: readonly number[],
  pattern: RegExp,
): Map<string, NamedArray> {
  const names = [...model.hookDict.keys()].filter((name) => pattern.test(name));
  if (names.length === 0 && !pattern.test(LOGITS)) {
    throw new InputError("--names matches no activation", {
      found: pattern.source,
      expected: `a part of names such as "${[...model.hookDict.keys()][2]}"`,
    });
  }
  const [logits, cache] = model.runWithCache([...tokens], { namesFilter: names });
  try {
    return new Map([
      ...names.map((name) => [name, withoutBatch(cache.get(name))] as const),
      [LOGITS, withoutBatch(logits)],
    ]);
  } finally {
    tf.dispose(logits);
    cache.dispose();
  }
}

function withoutBatch(tensor: tf.Tensor): NamedArray {
  return {
    dtype: "float32",
    shape: tensor.shape.slice(1),
    data: tensor.dataSync<"float32">() as Float32Array,
  };
}
