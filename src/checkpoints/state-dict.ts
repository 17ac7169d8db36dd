import { CheckpointError } from "../errors";
import { keyName } from "./key-name";
import { NameLimits } from "./name-limits";
import { kindOf, PickleDict } from "./pickle";
import { quoted, shownList } from "./quoted";
import { type StoredTensor, TensorView, UnreadableTensor } from "./torch-tensors";

/**
 * Where training scripts put the state dict in a checkpoint, the most specific first: beside a head, a checkpoint may
 * hold the model that it was trained on.
 */
const USUAL_KEYS = [
  "head_state_dict",
  "model_state_dict",
  "state_dict",
  "head",
  "model",
  "module",
  "net",
  "network",
] as const;

/** Lightning in a wrapper in a wrapper is three. */
const DEEPEST_NESTING = 4;

/** Which of the values in a file are its tensors: name → tensor. Throws a CheckpointError if there are none. */
export type FindTensors = (file: string, root: unknown) => Map<string, StoredTensor>;

/**
 * The state dict in what a file holds: the dictionary itself, or the one under a usual key of a checkpoint. Numbers,
 * texts and other values beside the tensors are left out.
 *
 * @param file - For errors.
 * @param root - The value of the pickle.
 * @throws CheckpointError if there is no state dict, or a tensor without a text for a name.
 */
export const findStateDict: FindTensors = (file, root) => {
  const dictionary = nestedDictionary(file, root);
  const tensors = new Map<string, StoredTensor>();
  const limits = new NameLimits(file);
  for (const [name, value] of dictionary) {
    if (!isTensor(value)) continue;
    if (typeof name !== "string") {
      throw new CheckpointError("a tensor's name is not a text", { file, found: kindOf(name) });
    }
    limits.check(name);
    tensors.set(name, value);
  }
  if (tensors.size === 0 && dictionary.size > 0) {
    throw new CheckpointError("there are no tensors in the file", {
      file,
      found: `the keys ${shownList(dictionary.keys(), (key) => quoted(keyName(key) ?? kindOf(key)))}`,
      expected: `a state dict, or a checkpoint with one under ${USUAL_KEYS.map(quoted).join(", ")}`,
      remedy: "Save head.state_dict() with torch.save.",
    });
  }
  return tensors;
};

/** The state dict under a usual key of a checkpoint, if what the file holds is one. */
export function stateDictIn(file: string, root: unknown): Map<string, StoredTensor> | undefined {
  let value = root;
  for (let depth = 0; depth <= DEEPEST_NESTING; depth++) {
    const key = usualKey(value);
    if (key === undefined) break;
    value = (value as PickleDict).get(key);
  }
  if (value === root || usualKey(value) !== undefined) return undefined;
  const dictionary = value as PickleDict;
  const tensors = new Map<string, StoredTensor>();
  const limits = new NameLimits(file);
  for (const [name, tensor] of dictionary) {
    if (!isTensor(tensor)) continue;
    if (typeof name !== "string") return undefined;
    limits.check(name);
    tensors.set(name, tensor);
  }
  return tensors.size > 0 || dictionary.size === 0 ? tensors : undefined;
}

function usualKey(value: unknown): string | undefined {
  return value instanceof PickleDict
    ? USUAL_KEYS.find((usual) => value.get(usual) instanceof PickleDict)
    : undefined;
}

function nestedDictionary(file: string, root: unknown): PickleDict {
  let value = root;
  for (let depth = 0; depth <= DEEPEST_NESTING; depth++) {
    if (!(value instanceof PickleDict)) {
      throw new CheckpointError("the file does not hold a dictionary of tensors", {
        file,
        found: kindOf(value),
        remedy: "Save head.state_dict() with torch.save.",
      });
    }
    const key = usualKey(value);
    if (key === undefined) return value;
    value = value.get(key);
  }
  throw new CheckpointError("the state dict is nested too deeply", {
    file,
    expected: `at most ${DEEPEST_NESTING} dictionaries around it`,
  });
}

export function isTensor(value: unknown): value is StoredTensor {
  return value instanceof TensorView || value instanceof UnreadableTensor;
}
