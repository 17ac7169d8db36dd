import { openModelFolder } from "../checkpoints/model-folder";
import { ReadFiles } from "../checkpoints/read-files";
import { tokenizerFiles } from "./tokenizer/tokenizer-files";

/**
 * The files that a base model in a folder is read from: configuration, weights and tokenizer. No weight
 * is read.
 *
 * @throws ModelConfigError, CheckpointError if there is no model in the folder.
 */
export async function baseFiles(folder: string): Promise<ReadFiles> {
  const { tensors, files } = await openModelFolder(folder);
  tensors.close();
  return new ReadFiles([...new Set([...files, ...tokenizerFiles(folder)])]);
}
