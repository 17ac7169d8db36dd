import type { NamedArray } from "../checkpoints/named-array";
import { toFloat32 } from "../checkpoints/named-array";
import { openSafetensors } from "../checkpoints/safetensors-reader";
import type { TensorSource } from "../checkpoints/tensor-source";
import { InputError } from "../errors";
import { agreement, type Check, type Pair } from "./agreement";
import type { HookName } from "./hook-names";
import type { HookedTransformer } from "./hooked-transformer";
import { tokenBatch } from "./token-batch";

/** `0/tokens`, `0/logits`, `0/hidden_states.3` */
const NAME = /^(\d+)\/(tokens|logits|hidden_states\.(\d+))$/;

/** What Python says of one prompt. */
interface ReferencePrompt {
  readonly tokens: readonly number[];
  /** Name (`logits`, `hidden_states.3`) → the file's name of it. */
  readonly tensors: ReadonlyMap<string, string>;
}

/**
 * Compares an unprocessed model with a file that Python wrote: `{i}/tokens` `[pos]`, `{i}/logits` `[pos, d_vocab]`,
 * `{i}/hidden_states.{l}` `[pos, d_model]`, the last one after the final norm. A check for each name, over all prompts.
 *
 * @throws CheckpointError if it cannot be read.
 * @throws InputError if it holds something else, a prompt cannot be run, or a tensor has another shape.
 */
export function referenceChecks(model: HookedTransformer, file: string): Check[] {
  const source = openSafetensors(file);
  try {
    const pairs = new Map<string, Pair[]>();
    for (const prompt of referencePrompts(source, model)) {
      for (const [name, pair] of comparisons(source, model, prompt)) {
        pairs.set(name, [...(pairs.get(name) ?? []), pair]);
      }
    }
    return [...pairs]
      .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
      .map(([name, all]) => agreement(`reference: ${name}`, all));
  } finally {
    source.close();
  }
}

function referencePrompts(source: TensorSource, model: HookedTransformer): ReferencePrompt[] {
  const byPrompt = new Map<string, Map<string, string>>();
  for (const inFile of source.names) {
    const [, prompt, name] = NAME.exec(inFile) ?? [];
    if (prompt === undefined) {
      throw new InputError("this is not a reference for a model", {
        file: source.path,
        found: `"${inFile}"`,
        expected: `names such as "0/tokens", "0/logits" and "0/hidden_states.0"`,
      });
    }
    byPrompt.set(prompt, (byPrompt.get(prompt) ?? new Map<string, string>()).set(name, inFile));
  }
  if (byPrompt.size === 0) {
    throw new InputError("the reference is empty", { file: source.path });
  }
  return [...byPrompt].map(([prompt, names]) => {
    const inFile = names.get("tokens");
    names.delete("tokens");
    if (inFile === undefined || names.size === 0) {
      throw new InputError(`prompt ${prompt} of the reference is not whole`, {
        file: source.path,
        found: inFile === undefined ? `no "${prompt}/tokens"` : "tokens only",
        expected: "its tokens, and logits or hidden states",
      });
    }
    const ids = source.read(inFile);
    requireShape(source, inFile, ids, [ids.data.length]);
    const given = Array.from(ids.data as ArrayLike<number | bigint>, Number);
    const [tokens] = tokenBatch(given, model.cfg, null, {});
    return { tokens, tensors: names };
  });
}

function comparisons(
  source: TensorSource,
  model: HookedTransformer,
  { tokens, tensors }: ReferencePrompt,
): [name: string, pair: Pair][] {
  const { cfg } = model;
  const hookOf = (name: string): HookName => {
    const layer = Number(name.split(".")[1]);
    if (layer > cfg.n_layers) {
      throw new InputError("the reference has more hidden states than the model", {
        file: source.path,
        found: name,
        expected: `0 to ${cfg.n_layers}`,
      });
    }
    return layer === cfg.n_layers ? "unembed.hook_in" : ["resid_pre", layer];
  };
  const hidden = [...tensors.keys()].filter((name) => name !== "logits");
  const [logits, cache] = model.runWithCache([...tokens], { namesFilter: hidden.map(hookOf) });
  try {
    return [...tensors].map(([name, inFile]) => {
      const array = source.read(inFile);
      const actual = name === "logits" ? logits : cache.get(hookOf(name));
      requireShape(source, inFile, array, actual.shape.slice(1));
      const expected = toFloat32(array, `${source.path}: "${inFile}"`);
      const at = expected.findIndex((value) => !Number.isFinite(value));
      if (at >= 0) {
        throw new InputError(`"${inFile}" holds a number that is not finite`, {
          file: source.path,
          found: `${expected[at]} at element ${at}`,
        });
      }
      return [name, [actual.dataSync<"float32">().slice(), expected]];
    });
  } finally {
    logits.dispose();
    cache.dispose();
  }
}

function requireShape(
  { path }: TensorSource,
  name: string,
  { shape }: NamedArray,
  expected: readonly number[],
): void {
  if (shape.length === expected.length && shape.every((size, axis) => size === expected[axis])) {
    return;
  }
  throw new InputError(`"${name}" has another shape than this model gives`, {
    file: path,
    found: `[${shape.join(", ")}]`,
    expected: `[${expected.join(", ")}], without a batch axis`,
  });
}
