import { CheckpointError } from "../errors";
import { keyName } from "./key-name";
import { NameLimits } from "./name-limits";
import { kindOf, PickleDict, PickleList, PickleSet } from "./pickle";
import { type FindTensors, isTensor, stateDictIn } from "./state-dict";
import type { StoredTensor } from "./torch-tensors";

/** A tensor that is all there is in a file has no name. */
const BARE = "(tensor)";

/**
 * Characters of a name in a container, and of what stands before it: a text that the file holds once can be in the
 * names of all its tensors.
 */
const LONGEST_NAME = 500;
const LONGEST_PATH = 100;

/** Python's own pickler stops at a depth of about 500. */
const DEEPEST_NESTING = 1_000;

/**
 * Every tensor in what a file holds, whatever that is: a bare tensor as `(tensor)`, a list's by their numbers, a
 * dictionary's by their keys, and those of containers in containers with dots between: `layers.0.weight`. Of a
 * checkpoint with a state dict under a usual key only that, under its own names. A container that stands in several
 * places is looked into once.
 *
 * @throws CheckpointError if there are no tensors.
 */
export const findAllTensors: FindTensors = (file, root) => {
  const stateDict = stateDictIn(file, root);
  if (stateDict) return stateDict;
  if (isTensor(root)) return new Map([[BARE, root]]);
  const tensors = new Map<string, StoredTensor>();
  const times = new Map<string, number>();
  const limits = new NameLimits(file);
  for (const [name, tensor] of tensorsIn(file, root)) {
    limits.check(name);
    tensors.set(unused(name, tensors, times), tensor);
  }
  if (tensors.size > 0 || isEmptyDictionary(root)) return tensors;
  throw new CheckpointError("there are no tensors in the file", {
    file,
    found: kindOf(root),
    expected: "a tensor, or lists or dictionaries of them",
  });
};

function* tensorsIn(file: string, root: unknown): Generator<[name: string, tensor: StoredTensor]> {
  if (!isContainer(root)) return;
  const seen = new Set([root]);
  // Not by recursion: a file can nest its containers deeper than the call stack.
  const open = [{ path: "", entries: entriesOf(root) }];
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const { done, value: entry } = top.entries.next();
    if (done) {
      open.pop();
      continue;
    }
    const [key, value, position] = entry;
    const name = () => {
      const own = keyName(key) ?? `[${position}]`;
      return top.path === "" ? own : top.path + cut(own, LONGEST_NAME);
    };
    if (isTensor(value)) yield [name(), value];
    else if (isContainer(value) && !seen.has(value)) {
      seen.add(value);
      if (open.length === DEEPEST_NESTING) throw tooDeep(file);
      open.push({ path: `${cut(name(), LONGEST_PATH)}.`, entries: entriesOf(value) });
    }
  }
}

type Entry = [key: unknown, value: unknown, position: number];

function* entriesOf(container: Container): Generator<Entry, undefined> {
  let position = 0;
  if (container instanceof PickleDict) {
    for (const [key, value] of container) yield [key, value, position++];
  } else {
    const items = hasItems(container) ? container.items : container;
    for (const value of items) yield [position, value, position++];
  }
}

type Container = PickleDict | PickleList | PickleSet | readonly unknown[];

function isContainer(value: unknown): value is Container {
  return value instanceof PickleDict || hasItems(value) || Array.isArray(value);
}

function hasItems(value: unknown): value is PickleList | PickleSet {
  return value instanceof PickleList || value instanceof PickleSet;
}

function tooDeep(file: string): CheckpointError {
  return new CheckpointError("the values in the file are nested too deeply", {
    file,
    expected: `at most ${DEEPEST_NESTING} levels`,
  });
}

function isEmptyDictionary(value: unknown): boolean {
  return value instanceof PickleDict && value.size === 0;
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** The name, or `name (2)` and so on: the keys 0 and "0" are two in Python. */
function unused(
  name: string,
  tensors: ReadonlyMap<string, unknown>,
  times: Map<string, number>,
): string {
  let free = name;
  for (let time = times.get(name) ?? 1; tensors.has(free); free = `${name} (${time})`) {
    times.set(name, ++time);
  }
  return free;
}
