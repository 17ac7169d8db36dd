import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { ActivationCache } from "./activation-cache";
import type { ActivationVisitor } from "./activation-visitor";
import type { ModelConfig } from "./config";
import type { HookName } from "./hook-names";
import { type HookPoint, hookDict, hookPoint, matcher } from "./hook-points";
import { shown } from "./shown";

/**
 * Sees an activation; returns another tensor of the same shape to put in its place, or nothing to
 * leave it. What it returns is copied, so it may also give back a tensor it owns.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement is the usual one
export type HookFunction = (value: tf.Tensor, hook: HookPoint) => tf.Tensor | void;

/** Hook functions with the activations they belong to: a name, a pattern, or a choice by function. */
export type HookSpec = readonly [
  name: HookName | RegExp | ((name: string) => boolean),
  hook: HookFunction,
];

/**
 * Hook functions by activation, in the order in which they were given.
 *
 * @param isComputed whether the run in question computes an activation
 * @throws InputError if a name, pattern or function matches no activation, or none that is computed.
 */
export function hooksByName(
  specs: readonly HookSpec[],
  cfg: ModelConfig,
  isComputed: (point: HookPoint) => boolean = () => true,
): Map<string, HookFunction[]> {
  const hooks = new Map<string, HookFunction[]>();
  for (const spec of checkedSpecs(specs)) {
    const [name, hook] = spec;
    checkFunction(name, hook);
    const targets = targetsOf(name, cfg);
    if (!targets.some(isComputed)) throw notComputed(targets);
    for (const { name } of targets) hooks.set(name, [...(hooks.get(name) ?? []), hook]);
  }
  return hooks;
}

function checkedSpecs(specs: unknown): readonly HookSpec[] {
  const list = Array.isArray(specs) ? Array.from(specs) : [specs];
  const wrong = list.findIndex((spec) => !Array.isArray(spec));
  if (Array.isArray(specs) && wrong < 0) return list;
  throw new InputError("fwdHooks is not a list of hooks with their names", {
    found: shown(wrong < 0 ? specs : list[wrong]),
    expected: "such as [[name, (value, hook) => …]]",
  });
}

function checkFunction(name: HookSpec[0], hook: unknown): void {
  if (typeof hook === "function") return;
  throw new InputError("a hook is not a function", {
    found: `${shown(hook)} for ${shown(name)}`,
    expected: "fwdHooks such as [[name, (value, hook) => …]]",
  });
}

/** For activations that exist, but lie outside startAtLayer and stopAtLayer. */
export function notComputed(points: readonly HookPoint[]): InputError {
  return new InputError("this run does not reach the activation", {
    found: `"${points[0].name}"${points.length > 1 ? ` and ${points.length - 1} more` : ""}`,
    remedy: "Change startAtLayer or stopAtLayer.",
  });
}

function targetsOf(name: HookSpec[0], cfg: ModelConfig): HookPoint[] {
  if (typeof name !== "function" && !(name instanceof RegExp)) return [hookPoint(name, cfg)];
  const matches = matcher(name);
  const targets = [...hookDict(cfg).values()].filter((point) => matches(point.name));
  if (targets.length === 0) {
    throw new InputError("the hook's filter matches no activation", { found: shown(name) });
  }
  return targets;
}

/** A visitor that runs the hooks of each activation, then keeps those in `wanted` in the cache. */
export function hookVisitor(
  hooks: ReadonlyMap<string, readonly HookFunction[]>,
  wanted: ReadonlySet<string>,
  cache: ActivationCache | null,
  cfg: ModelConfig,
): ActivationVisitor {
  const points: ReadonlyMap<string, HookPoint> = hookDict(cfg);
  return <T extends tf.Tensor>(name: string, value: T): T => {
    const point = points.get(name)!;
    let current = value;
    for (const hook of hooks.get(name) ?? []) {
      const replacement = hook(current, point);
      if (replacement !== undefined && replacement !== null) {
        current = checkedReplacement(name, current, replacement);
      } else if (current.isDisposed) throw disposed(name);
    }
    if (cache && wanted.has(name)) cache.keep(point.name, current);
    return current;
  };
}

function disposed(name: string): InputError {
  return new InputError(`the hook on "${name}" disposed the activation`, {
    remedy: "Leave it to the run, or return another tensor.",
  });
}

function checkedReplacement<T extends tf.Tensor>(
  name: string,
  value: T,
  replacement: tf.Tensor,
): T {
  if (replacement instanceof tf.Tensor && replacement.isDisposed) throw disposed(name);
  if (!(replacement instanceof tf.Tensor)) {
    const kind = (replacement as object) instanceof Promise ? "a promise" : shown(replacement);
    throw new InputError(`the hook on "${name}" returned something else than a tensor`, {
      found: kind,
      expected: "a tensor or nothing",
      remedy: kind === "a promise" ? "Hook functions cannot be async." : undefined,
    });
  }
  const sameShape =
    replacement.rank === value.rank &&
    replacement.shape.every((size, axis) => size === value.shape[axis]);
  if (!sameShape || replacement.dtype !== value.dtype) {
    throw new InputError(`the hook on "${name}" returned another kind of tensor`, {
      found: `${replacement.dtype} [${replacement.shape.join(", ")}]`,
      expected: `${value.dtype} [${value.shape.join(", ")}]`,
    });
  }
  return tf.clone(replacement) as T;
}
