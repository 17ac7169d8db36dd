import { HookedTransformer } from "./hooked-transformer";
import type { LocateModelOptions } from "./locate-model";

/**
 * Loads a base model that several heads are opened on (`openHead(dir, { base })`), with
 * TransformerLens's default weight processing, as heads are trained on. The hashes of its files, which
 * every result names, are computed once, now.
 *
 * @throws ModelConfigError, HubError, CheckpointError, EngineError, InterruptedError as
 *   `HookedTransformer.fromPretrained`.
 * @example
 * const base = await openBase("tiny-gpt2");
 * for (const name of ["neuron_l2_n52_20261122_120000", "neuron_l2_n94_20261122_120200"]) {
 *   const head = await openHead(`models/${name}`, { base });
 *   console.log(head.hook, head.index);
 * }
 * base.dispose();
 */
export async function openBase(
  nameOrFolder: string,
  { revision }: LocateModelOptions = {},
): Promise<HookedTransformer> {
  const model = await HookedTransformer.fromPretrained(nameOrFolder, { revision, hashFiles: true });
  try {
    await model.files!.sha256();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
