import type { Cell } from "../text/cell";

/** What was found, how sure that is, against which null, and what else could explain it. */
export interface Finding {
  readonly found: Cell;
  readonly how_sure: Cell;
  readonly against: Cell;
  readonly otherwise: Cell;
}
