import { readPrompts, TEST_SENTENCES, VARIED_PROMPTS } from "../analysis/prompts";
import type { Prompt } from "../heads/measured-prompts";

/** The prompts in a file, or those that come with tslens. */
export function promptsFrom(file: string | undefined): readonly Prompt[] {
  return file === undefined ? [...TEST_SENTENCES, ...VARIED_PROMPTS] : readPrompts(file);
}

/** Says which file a prompt that cannot be run stands in. */
export function inPromptsFile(error: Error, file: string | undefined): Error {
  if (file !== undefined && /^prompt \d/.test(error.message)) {
    error.message = `${file}: ${error.message}`;
  }
  return error;
}
