import { quoted } from "../../checkpoints/quoted";
import { InputError } from "../../errors";

/**
 * The id of the token for what a tokenizer does not know.
 *
 * @throws InputError if the vocabulary has no such token.
 */
export function unknownId(
  vocab: ReadonlyMap<string, number>,
  unkToken: string,
  file: string,
): number {
  const id = vocab.get(unkToken);
  if (id !== undefined) return id;
  throw new InputError("the text has a character that this model's tokenizer does not know", {
    file,
    found: `no token ${quoted(unkToken)} for unknown ones`,
    remedy: "Leave it out, or give token ids.",
  });
}
