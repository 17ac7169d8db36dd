import { phrase } from "../../text/phrase";
import { type Finding, standing } from "../finding";
import type { NeuronSweepResult } from "./result";

/**
 * Where the target stands among the neurons of its activation.
 *
 * @example
 * showTable(sweepFindings(await analyzeNeuronSweep(head, prompts)));
 */
export function sweepFindings({ target, prompts, patch }: NeuronSweepResult): Finding[] {
  if (target === null) return [];
  const { hook, rank, of, p_value, mean_abs_change } = target;
  const rest = {
    how_sure: phrase`mean size of the change ${mean_abs_change} over ${String(prompts.length)} prompts`,
    against: phrase`a neuron drawn from them: ${{ p: p_value }}`,
    otherwise: `what ${patch[0]} does to a neuron: one that varies more is moved further`,
  };
  if (rank === null) return [{ ...rest, found: `no rank of the target: ${target.reason}` }];
  const isSpecial = standing(target) !== "does not stand out";
  const others = rank === 2 ? "one other neuron changes" : `${rank - 1} other neurons change`;
  return [
    {
      ...rest,
      found:
        rank === 1
          ? `no other neuron of ${hook} changes the prediction as much as the target (rank 1 of ${of})`
          : `${others} the prediction more than the target among those of ${hook} (rank ${rank} of ${of})${isSpecial ? "" : ": nothing special to it"}`,
    },
  ];
}
