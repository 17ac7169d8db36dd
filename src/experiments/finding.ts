import { LEVEL } from "../analysis/list-tests";
import type { Rank } from "../results/evidence-parts";
import type { Cell } from "../text/cell";

/** What was found, how sure that is, against which null, and what else could explain it. */
export interface Finding {
  readonly found: Cell;
  readonly how_sure: Cell;
  readonly against: Cell;
  readonly otherwise: Cell;
}

/** What a place among controls says: that it is first says nothing where they are too few. */
export type Standing = "stands out" | "does not stand out" | "too few" | "not ranked";

export function standing({ rank, p_value }: Pick<Rank, "rank" | "p_value">): Standing {
  if (rank === null || p_value === null) return "not ranked";
  if (p_value <= LEVEL) return "stands out";
  return rank === 1 ? "too few" : "does not stand out";
}
