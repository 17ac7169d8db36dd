import { HeadConfigError, InputError } from "../errors";
import { type BoundHead, bindHead } from "../heads/bind-head";
import { loadHead } from "../heads/load-head";
import { HookedTransformer } from "../model/hooked-transformer";
import { DEFAULT_PROCESSING } from "../model/weight-processing";

export interface OpenHeadOptions {
  /**
   * The base model instead of the head's own `base_model_name`: a folder, a name, or a model that is
   * open already (`openBase`), which stays the caller's to dispose.
   */
  readonly base?: string | HookedTransformer | null;
  /** Of a base model from the hub: a branch, a tag or a commit. */
  readonly revision?: string;
}

/**
 * Loads a trained head and the base model that it reads, with TransformerLens's default weight
 * processing, as the head was trained on. `head.dispose()` frees what was loaded here.
 *
 * @param modelDir a training run's folder, or the one with `head.pt`; a relative path is looked for
 *   in the working directory and in the folders above it
 * @throws HeadConfigError if there is no usable head, or it does not fit the base model.
 * @throws CheckpointError if a weights' file is damaged or asks for more than tensors.
 * @throws ModelConfigError if the base model is not there or cannot be run.
 * @throws HubError if the base model is not on this machine and cannot be downloaded.
 * @throws InputError if a given model was not read from files, is processed otherwise, or comes with a
 *   revision.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * console.log(head.hook, head.index);
 * head.dispose();
 */
export async function openHead(
  modelDir: string,
  { base, revision }: OpenHeadOptions = {},
): Promise<BoundHead> {
  if (base instanceof HookedTransformer) {
    checkBase(base, revision);
    return bindHead(await loadHead(modelDir), base, { path: modelDir });
  }
  const files = await loadHead(modelDir);
  const baseModel = base || files.config.baseModelName;
  if (!baseModel) {
    throw new HeadConfigError(`"base_model_name" is missing`, {
      file: files.configFile,
      expected: "the base model that the head was trained on",
      remedy: "Give it as base, --base or TSLENS_BASE_MODEL.",
    });
  }
  const model = await HookedTransformer.fromPretrained(baseModel, { revision, hashFiles: true });
  try {
    return bindHead(files, model, { path: modelDir, ownsModel: true });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A result says which files the base model was read from, and heads are trained on processed weights. */
function checkBase({ name, files, processing }: HookedTransformer, revision?: string): void {
  if (revision !== undefined) {
    throw new InputError("a base model that is open has its revision already", {
      found: `revision "${revision}" for ${name}`,
      remedy: "Give the revision to openBase.",
    });
  }
  const remedy = "Open it by openBase(nameOrFolder).";
  if (!files) {
    throw new InputError("the base model was not read from files, so no result could name it", {
      found: name,
      remedy,
    });
  }
  const off = Object.entries(DEFAULT_PROCESSING)
    .filter(([key, isOn]) => processing[key as keyof typeof processing] !== isOn)
    .map(([key]) => key);
  if (off.length === 0) return;
  throw new InputError("the base model's weights are not processed as heads are trained on", {
    found: `${name} without ${off.join(", ")}`,
    expected: "the default weight processing",
    remedy,
  });
}
