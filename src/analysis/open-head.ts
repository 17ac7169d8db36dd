import { HeadConfigError } from "../errors";
import { type BoundHead, bindHead } from "../heads/bind-head";
import { loadHead } from "../heads/load-head";
import { HookedTransformer } from "../model/hooked-transformer";

export interface OpenHeadOptions {
  /** The base model, a folder or a name, instead of the head's own `base_model_name`. */
  readonly base?: string | null;
  /** Of a base model from the hub: a branch, a tag or a commit. */
  readonly revision?: string;
}

/**
 * Loads a trained head and the base model that it reads, with TransformerLens's default weight
 * processing, as the head was trained on.
 *
 * @param modelDir a training run's folder, or the one with `head.pt`; a relative path is looked for
 *   in the working directory and in the folders above it
 * @throws HeadConfigError if there is no usable head, or it does not fit the base model.
 * @throws CheckpointError if a weights' file is damaged or asks for more than tensors.
 * @throws ModelConfigError if the base model is not there or not a GPT-2.
 * @throws HubError if the base model is not on this machine and cannot be downloaded.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * console.log(head.hook, head.index);
 */
export async function openHead(
  modelDir: string,
  { base, revision }: OpenHeadOptions = {},
): Promise<BoundHead> {
  const files = await loadHead(modelDir);
  const baseModel = base || files.config.baseModelName;
  if (!baseModel) {
    throw new HeadConfigError(`"base_model_name" is missing`, {
      file: files.configFile,
      expected: "the base model that the head was trained on",
      remedy: "Give it as base, --base or TSLENS_BASE_MODEL.",
    });
  }
  const model = await HookedTransformer.fromPretrained(baseModel, { revision });
  try {
    return bindHead(files, model, modelDir);
  } catch (error) {
    model.dispose();
    throw error;
  }
}
