import type { BoundHead } from "../../heads/bind-head";
import { measurePrompts, type Prompt } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import { MOST_FOR_A_CELL, patchedRunOperations } from "../../patching/run-operations";
import { formatNumber } from "../../text/format-number";
import { analyzeNeuronSweep, type NeuronSweepAnalysisOptions } from "./measure";
import type { NeuronSweepResult } from "./result";

export interface NotebookSweepOptions
  extends Pick<NeuronSweepAnalysisOptions, "prependBos" | "progress"> {
  /** More floating-point operations are too many for a cell. Default: 5e13. */
  readonly mostOperations?: number;
}

export interface NotebookSweep {
  /** null where it would take long. */
  readonly sweep: NeuronSweepResult | null;
  /** What was left out for that, and how to come by it; null where nothing was. */
  readonly note: string | null;
}

/**
 * A sweep for a cell that should not take half an hour: of the activation that the head predicts one number
 * of and of the hidden neurons of its layer, as `analyzeNeuronSweep`; in a large model of the former alone,
 * or none.
 *
 * @throws as `analyzeNeuronSweep`.
 * @example
 * const head = await openHead("models/neuron_l2_n52_20261122_120000");
 * const { sweep, note } = await notebookSweep(head, ["Once upon a time"]);
 * console.log(note, sweep?.target);
 */
export async function notebookSweep(
  head: BoundHead,
  prompts: readonly Prompt[],
  { mostOperations = MOST_FOR_A_CELL, ...options }: NotebookSweepOptions = {},
): Promise<NotebookSweep> {
  const { cfg } = head.model;
  const { targetLayer } = head.files.config;
  const own = hookPoint(head.hook, cfg);
  const hidden = hookPoint(["post", targetLayer], cfg);
  const different = measurePrompts(head, prompts, options).distinct().length;
  const runs = (hooks: readonly (typeof own)[]) =>
    different * hooks.reduce((sum, { size }) => sum + size!, 0);
  const each = patchedRunOperations(head);
  const both = [...new Set([own, hidden])];
  if (runs(both) * each <= mostOperations) {
    return { sweep: await analyzeNeuronSweep(head, prompts, options), note: null };
  }
  const fits = runs([own]) * each <= mostOperations;
  const left = fits ? "the hidden neurons of its layer" : "every neuron";
  const trillions = formatNumber((runs(both) * each) / 1e12, 2);
  return {
    sweep: fits ? await analyzeNeuronSweep(head, prompts, { ...options, hooks: [own.name] }) : null,
    note: `A sweep of ${left} takes about ${trillions} trillion operations, too long for a cell: run \`npx tslens sweep ${head.path} --base ${head.model.name}\`.`,
  };
}
