import { withClassIndices } from "../../src/experiments/audit/class-indices";
import { donorPlan } from "../../src/experiments/audit/donors";
import { heldWhileMoved, movedInputs } from "../../src/experiments/audit/moved-inputs";
import { withinTextSlope } from "../../src/experiments/audit/within-text-slope";
import type { BoundHead } from "../../src/heads/bind-head";
import { headFunction } from "../../src/heads/head-function";
import { type MeasuredPrompts, measurePrompts } from "../../src/heads/measured-prompts";
import type { HookPointName } from "../../src/model/hook-names";
import { hookPoint, hookPointInLayer } from "../../src/model/hook-points";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { cleanRuns } from "../../src/patching/clean-runs";
import { patch } from "../../src/patching/patch";
import { leaveOneOutLines } from "../../src/stats/leave-one-out-lines";
import { pearsonCorrelation } from "../../src/stats/pearson-correlation";
import { mean, type Plant } from "./plant";

/** All texts of a plant, unpatched: what an audit's texts are drawn from. */
export interface Population {
  /** `[text]` of the neuron. */
  readonly activation: readonly number[];
  /** `[text][d_model]` the stream that heads read. */
  readonly features: readonly Float32Array[];
  /** Root mean square of the stream that the unembedding reads. */
  readonly streamSize: number;
}

export function population(plant: Plant, model: HookedTransformer): Population {
  const texts = measurePrompts({ model }, plant.texts);
  const clean = cleanRuns(model, texts);
  const at = (name: HookPointName) => clean.measured(texts, name);
  try {
    const { name } = hookPointInLayer(plant.hook, plant.layer, model.cfg);
    const sizes = at(hookPoint(["resid_post", -1], model.cfg).name).map(
      (row) => Math.hypot(...row) / Math.sqrt(row.length),
    );
    return {
      activation: at(name).map((row) => row[plant.index]),
      features: at(hookPoint(["resid_post", plant.featureLayer], model.cfg).name),
      streamSize: mean(sizes),
    };
  } finally {
    clean.dispose();
  }
}

/** What is true of a head over all texts. */
export interface Truth {
  readonly r: number;
  readonly causal: number;
  /** null where nothing comes before the neuron in its block. */
  readonly input: number | null;
}

/** How many texts the slopes of patched runs are measured on, and other texts' values on each. */
export interface TruthSize {
  readonly texts: number;
  readonly donors: number;
}

/**
 * What is true of heads on one neuron over all texts. The runs are those of an audit, of more texts, read
 * once for all heads.
 */
export async function truths(
  plant: Plant,
  heads: readonly BoundHead[],
  size: TruthSize,
): Promise<Truth[]> {
  const { model, hook, index } = heads[0];
  const texts = measurePrompts({ model }, plant.texts);
  const functions = heads.map((head) => headFunction(withClassIndices(head)));
  const hooks = [...new Set(functions.map(({ features }) => features))];
  const some = texts.only(Array.from({ length: Math.min(size.texts, texts.length) }, (_, i) => i));
  const clean = cleanRuns(model, texts);
  try {
    const all = new Map(hooks.map((name) => [name, clean.measured(texts, name)]));
    const activation = clean.measured(texts, hook).map((row) => row[index]);
    const donors = donorPlan(some.length, size.donors, { seed: plant.seed, name: "truth" });
    const values = donors.map((ofTexts) => ofTexts.map((donor) => activation[donor]));
    const toValue = values.map((ofTexts) => ({
      hook,
      index,
      patch: ["set", (text: number) => ofTexts[text]] as const,
    }));
    const causal = await patch(model, some, toValue, { read: hooks, clean });
    const moved = await inputStreams(heads[0], some, { donors, activation, hooks, clean });
    return functions.map(({ predict, features }) => {
      const prediction = predict(all.get(features)!);
      const observational = leaveOneOutLines(activation, prediction).whole!.slope;
      const slope = (
        runs: typeof causal.patched,
        isThere: (donor: number, text: number) => boolean,
      ) =>
        withinTextSlope(
          some.tokens.map((_, text) => {
            const reached = donors.map((_, donor) => donor).filter((donor) => isThere(donor, text));
            return {
              values: reached.map((donor) => values[donor][text]),
              predictions: predict(reached.map((donor) => runs[donor][text]![features])),
              donors: reached.map((donor) => donors[donor][text]),
            };
          }),
        )!.estimate;
      return {
        r: pearsonCorrelation(activation, prediction)!,
        causal: slope(causal.patched, () => true) / observational,
        input:
          moved &&
          slope(moved.patched, (donor, text) => moved.steps[donor][text] !== null) / observational,
      };
    });
  } finally {
    clean.dispose();
  }
}

interface InputOptions {
  readonly donors: readonly (readonly number[])[];
  readonly activation: readonly number[];
  readonly hooks: readonly HookPointName[];
  readonly clean: ReturnType<typeof cleanRuns>;
}

async function inputStreams(
  head: BoundHead,
  texts: MeasuredPrompts,
  { donors, activation, hooks, clean }: InputOptions,
) {
  if (hookPoint(head.hook, head.model.cfg).nameInBlock === "hook_resid_pre") return null;
  const moved = await movedInputs(head, texts, donors, clean);
  const variants = heldWhileMoved(head, moved, activation);
  const { patched } = await patch(head.model, texts, variants, { read: hooks, clean });
  return { steps: moved.steps, patched };
}
