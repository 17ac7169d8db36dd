import { InputError } from "../errors";
import { measurePrompts, type PromptInput } from "../heads/measured-prompts";
import type { ModelConfig } from "../model/config";
import { leadsTo } from "../model/hook-flow";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { type PatchOptions, patch } from "./patch";
import { type PatchedPlace, type Place, resolvePlace } from "./place";
import { activationReadout, type LogitMetric, metricReadout } from "./readout";
import { placeValues, referenceValues } from "./reference-values";

export interface PathPatchingOptions
  extends Pick<PatchOptions<number>, "prependBos" | "maxBytes" | "progress"> {
  /** Where a path starts; each is patched alone. */
  readonly senders: readonly Place[];
  /** Where it ends: inputs such as a head's `q`, `k` or `v`, or `["resid_post", -1]` for the logits. */
  readonly receivers: readonly Place[];
  /** Told the logits of all prompts, `[batch, pos, d_vocab]`. */
  readonly metric: LogitMetric;
  /** Hold MLPs in between at their own values too, so that only the direct path is left; on by default. */
  readonly freezeMlps?: boolean;
  /** Which positions' logits the metric is given; "last" is much faster. */
  readonly logitsPos?: "all" | "last";
}

export interface PathPatching {
  /** The metric on the prompts, unpatched. */
  readonly baseline: number;
  /** `[sender]` the metric with only the path from that sender to the receivers patched. */
  readonly patched: readonly number[];
}

/**
 * How much of a sender's effect goes straight to some receivers.
 *
 * First the sender is given its activation on the source prompts, while every attention layer (and
 * MLP) after it is held at its own value, and what arrives at the receivers is recorded. Then only
 * the receivers are patched, with what was recorded. Reference: Wang et al. 2022, "Interpretability
 * in the Wild" (arXiv:2211.00593), section 3.1.
 *
 * @param prompts texts or token ids of the same length, or prompts that a head measures, which end there
 * @param source as many, of the same length: where senders' values come from
 * @throws InputError if the prompts and their sources are of other shapes, a receiver is computed
 *   before a sender, or as `patch`.
 * @example
 * const { baseline, patched } = await pathPatching(model, "The king said", "The dog said", {
 *   senders: [0, 1, 2, 3].map((head) => ({ hook: ["z", 0], pos: "all", head })),
 *   receivers: [{ hook: ["q", 2], pos: "all", head: 1 }],
 *   metric: (logits) => logits.mean(),
 * });
 */
export async function pathPatching(
  model: HookedTransformer,
  prompts: PromptInput,
  source: PromptInput,
  options: PathPatchingOptions,
): Promise<PathPatching> {
  const { senders, receivers, metric, freezeMlps = true, logitsPos = "all", ...rest } = options;
  const { cfg } = model;
  const measured = measurePrompts({ model }, prompts, rest);
  const sources = measurePrompts({ model }, source, rest);
  const { tokens } = measured;
  checkPairs(tokens, sources.tokens);
  checkPlaces(senders, "sender");
  checkPlaces(receivers, "receiver");
  for (const sender of senders) {
    for (const receiver of receivers) checkOrder(sender, receiver, model);
  }

  const frozen = heldPlaces(cfg, freezeMlps);
  const [given, own] = [
    await referenceValues(model, sources, senders),
    await referenceValues(model, measured, frozen),
  ];
  const set = (place: Place, values: typeof given): PatchedPlace => ({
    ...place,
    patch: ["set", (prompt) => values.of(place, prompt)],
  });
  const held = frozen.map((place) => set(place, own));
  const hooks = [...new Set(receivers.map((receiver) => pointOf(receiver, model).name))];
  const arriving = await patch(
    model,
    measured,
    senders.map((sender) => {
      const point = pointOf(sender, model);
      const later = held.filter(({ hook }) => isLater(hookPoint(hook, cfg), point));
      return [set(sender, given), ...later];
    }),
    { maxBytes: rest.maxBytes, read: activationReadout(hooks, cfg, "all") },
  );
  const { clean, patched } = await patch(
    model,
    measured,
    arriving.patched.map((readings) => {
      const recorded = (place: Place) => (prompt: number) =>
        placeValues(model, place, readings[prompt]!, prompt, tokens[prompt].length).flat();
      return receivers.map(
        (place): PatchedPlace => ({ ...place, patch: ["set", recorded(place)] }),
      );
    }),
    { ...rest, read: metricReadout(metric, tokens.length, logitsPos) },
  );
  return { baseline: clean[0], patched: patched.map(([value]) => value as number) };
}

/** The output of every attention layer, and of every MLP. */
function heldPlaces({ n_layers }: ModelConfig, withMlps: boolean): Place[] {
  return Array.from({ length: n_layers }, (_, layer): Place[] => [
    { hook: ["attn_out", layer], pos: "all" },
    ...(withMlps ? [{ hook: ["mlp_out", layer], pos: "all" } as const] : []),
  ]).flat();
}

/** Whether a layer's output comes after the sender, and is not the sender's own. */
function isLater(held: HookPoint, sender: HookPoint): boolean {
  const isOwn = held.layer() === sender.layer() && held.part === sender.part;
  return !isOwn && held.order > sender.order;
}

function pointOf(place: Place, model: HookedTransformer): HookPoint {
  return resolvePlace(place, model).hook;
}

function checkPairs(
  tokens: readonly (readonly number[])[],
  sources: readonly (readonly number[])[],
): void {
  const lengths = (batch: readonly (readonly number[])[]) => batch.map((ids) => ids.length);
  const all = [...lengths(tokens), ...lengths(sources)];
  if (tokens.length === sources.length && new Set(all).size === 1) return;
  throw new InputError("the prompts and their sources do not match", {
    found: `lengths ${lengths(tokens).join(", ")} and ${lengths(sources).join(", ")}`,
    expected: "as many source prompts as prompts, all of the same number of tokens",
  });
}

function checkPlaces(places: readonly Place[], what: string): void {
  if (places.length > 0) return;
  throw new InputError(`there is no ${what}`, { expected: "at least one place" });
}

function checkOrder(sender: Place, receiver: Place, model: HookedTransformer): void {
  const [from, to] = [sender, receiver].map((place) => pointOf(place, model));
  if (from !== to && leadsTo(from, to, model.cfg)) return;
  const isBefore = to.order <= from.order;
  throw new InputError(
    isBefore
      ? "a receiver is computed before a sender"
      : "no path leads from a sender to a receiver beside it",
    { found: `${to.name} and ${from.name}`, expected: "paths that go forward" },
  );
}
