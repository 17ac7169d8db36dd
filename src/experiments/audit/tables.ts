import type { Cell, Fact } from "../../text/cell";
import { joinPhrases, phrase } from "../../text/phrase";
import type { AuditResult } from "./result";

/** A criterion in a table. */
export interface CriterionRow {
  readonly criterion: string;
  readonly estimate: Cell;
  readonly held_against: string;
  readonly met: string;
}

/** What the verdict was made of. */
export function listCriteria({ criteria }: AuditResult): CriterionRow[] {
  return criteria.map(({ name, estimate, low, high, threshold, met }) => ({
    criterion: name,
    estimate: low === null && high === null ? estimate : { estimate, low, high },
    held_against: threshold,
    met: met === null ? "not judged" : met ? "yes" : "no",
  }));
}

/** The slopes and shares of an audit. */
export function describeAudit(result: AuditResult): Fact[] {
  const { texts, prediction, unreached } = result;
  return [
    { name: "held-out texts", value: `${texts.used} of ${texts.given}` },
    { name: "r", value: prediction.r },
    { name: "R² of the head", value: prediction.r_squared },
    { name: "R² of the last token alone", value: prediction.r_squared_last_token },
    { name: "observational slope", value: result.observational_slope },
    { name: "causal slope", value: result.causal_slope },
    { name: "causal share", value: result.causal_share },
    { name: "slope by the neuron's inputs", value: result.input_slope },
    { name: "input share", value: result.input_share },
    { name: "moves along the inputs that fell short", value: unreached },
    { name: "the target among its activation's neurons", value: result.specificity },
    ...describeControls(result),
  ];
}

function describeControls({ random_directions, shuffled_labels }: AuditResult): Fact[] {
  const { reason, heads } = shuffled_labels;
  return [
    {
      name: "the head among random directions of its length",
      value:
        random_directions.reason === null ? random_directions : `none: ${random_directions.reason}`,
    },
    {
      name: "the head among heads that learnt shuffled labels",
      value:
        reason === null
          ? phrase`${shuffled_labels}; their r ${joinPhrases(
              heads.map(({ r }) => r),
              ", ",
            )}`
          : `none: ${reason}`,
    },
  ];
}
