import { readPrompts, TEST_SENTENCES, VARIED_PROMPTS } from "../analysis/prompts";
import type { Prompt } from "../heads/measured-prompts";

/** What `--prompts` takes, for help texts. */
export const PROMPTS_HELP =
  "a JSON list of texts or lists of token ids, or a text file: a prompt a line, or with blank lines between them (default: sentences that come with tslens)";

/** The prompts in a file, or those that come with tslens. */
export async function promptsFrom(file: string | undefined): Promise<readonly Prompt[]> {
  return file === undefined ? [...TEST_SENTENCES, ...VARIED_PROMPTS] : readPrompts(file);
}

/** Says which file a prompt that cannot be run stands in. */
export function inPromptsFile(error: Error, file: string | undefined): Error {
  if (file !== undefined && /^prompt \d/.test(error.message)) {
    error.message = `${file}: ${error.message}`;
  }
  return error;
}
