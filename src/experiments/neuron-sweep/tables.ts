import { headed } from "../../text/headed";
import type { NeuronSweepResult } from "./result";

/** A neuron of a sweep, as a row of a table. */
export interface SweepRow {
  readonly activation: string;
  readonly neuron: number;
  readonly rank: number;
  readonly of: number;
  readonly mean_change: number | null;
  readonly mean_abs_change: number | null;
  readonly target: string;
}

/** How many of an activation's largest effects are listed. */
const LISTED = 5;

/** The neurons of the largest effects, activation by activation, and the target wherever it stands. */
export function listSweep({ swept, target }: NeuronSweepResult): SweepRow[] {
  const listed = swept.flatMap(({ hook, largest, changes }) => {
    const of = changes.filter((ofNeuron) => ofNeuron !== null).length;
    const rows = largest.slice(0, LISTED).map((neuron, i) => ({ ...neuron, rank: i + 1 }));
    const own = target?.hook === hook ? target : null;
    const isListed = rows.some(({ index }) => index === own?.index);
    if (own && !isListed && own.rank !== null) rows.push({ ...own, rank: own.rank });
    return rows.map(({ index, rank, mean_change, mean_abs_change }) => ({
      activation: hook,
      neuron: index,
      rank,
      of,
      mean_change,
      mean_abs_change,
      target: index === own?.index ? "the target" : "",
    }));
  });
  return headed(listed, { mean_abs_change: "mean size of the change", target: "" });
}
