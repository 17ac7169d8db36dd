import type { Command } from "commander";

/** `--base` and `--revision`: the model that a head reads. */
export function baseOptions(command: Command): Command {
  return command
    .option("--base <base>", "the base model, instead of the head's base_model_name")
    .option("--revision <revision>", "of a base model from the hub: a branch, a tag or a commit");
}

/** `--prepend-bos` */
export function prependBosOption(command: Command): Command {
  return command.option("--prepend-bos", "put the beginning-of-sequence token before each text");
}

const FILE =
  "a JSON list of texts or lists of token ids, or a text file: a prompt a line, or with blank lines between them";

/** `--prompts`, or what an experiment calls its texts. */
export function promptsOption(
  command: Command,
  {
    option = "--prompts",
    are,
    otherwise = "sentences that come with tslens",
  }: { readonly option?: string; readonly are?: string; readonly otherwise?: string } = {},
): Command {
  const what = are === undefined ? FILE : `${are}: ${FILE}`;
  return command.option(`${option} <file>`, `${what} (default: ${otherwise})`);
}
