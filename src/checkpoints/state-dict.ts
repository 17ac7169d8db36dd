import { CheckpointError } from "../errors";
import { kindOf, PickleDict, shownValue } from "./pickle";
import { quoted, shownList } from "./quoted";
import { TextMap } from "./text-map";
import { TensorView } from "./torch-tensors";

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

/** The largest models have 100,000 tensors, in many files. */
const MOST_ENTRIES = 300_000;

/** Lightning in a wrapper in a wrapper is three. */
const DEEPEST_NESTING = 4;

/** What DataParallel and torch.compile put before every name. */
const WRAPPER_PREFIXES = ["module.", "_orig_mod."] as const;

/**
 * The state dict in what a file holds: the dictionary itself, or the one under a usual key of a checkpoint. Numbers,
 * texts and other values beside the tensors are left out, and prefixes that a wrapper put before every name.
 *
 * @param file - For errors.
 * @param root - The value of the pickle.
 * @throws CheckpointError if there is no state dict, or a tensor without a text for a name.
 */
export function findStateDict(file: string, root: unknown): TextMap<TensorView> {
  const dictionary = nestedDictionary(file, root);
  if (dictionary.size > MOST_ENTRIES) {
    throw new CheckpointError("the state dict has too many entries", {
      file,
      found: `${dictionary.size}`,
      expected: `at most ${MOST_ENTRIES}`,
    });
  }
  const tensors = new TextMap<TensorView>();
  for (const [name, value] of dictionary) {
    if (!(value instanceof TensorView)) continue;
    if (typeof name !== "string") {
      throw new CheckpointError("a tensor's name is not a text", { file, found: kindOf(name) });
    }
    tensors.set(name, value);
  }
  if (tensors.size === 0 && dictionary.size > 0) {
    throw new CheckpointError("there are no tensors in the file", {
      file,
      found: `the keys ${shownList(dictionary.keys(), shownValue)}`,
      expected: `a state dict, or a checkpoint with one under ${USUAL_KEYS.map(quoted).join(", ")}`,
      remedy: "Save head.state_dict() with torch.save.",
    });
  }
  return withoutWrapperPrefixes(tensors);
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
    const dictionary: PickleDict = value;
    const key = USUAL_KEYS.find((usual) => dictionary.get(usual) instanceof PickleDict);
    if (key === undefined) return dictionary;
    value = dictionary.get(key);
  }
  throw new CheckpointError("the state dict is nested too deeply", {
    file,
    expected: `at most ${DEEPEST_NESTING} dictionaries around it`,
  });
}

function withoutWrapperPrefixes(tensors: TextMap<TensorView>): TextMap<TensorView> {
  const names = tensors.keys();
  if (names.length === 0) return tensors;
  let length = 0;
  for (;;) {
    const prefix = WRAPPER_PREFIXES.find((each) =>
      names.every((name) => name.startsWith(each, length)),
    );
    if (prefix === undefined) break;
    length += prefix.length;
  }
  if (length === 0) return tensors;
  return new TextMap(names.map((name) => [name.slice(length), tensors.get(name)!] as const));
}
