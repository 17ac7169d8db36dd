/** What the worker is reading, for whoever finds it dead: `{number, target}`. */
export const CURRENT_FILE = "current.json";

/** What the search asks of a worker. */
export type FuzzTask =
  | {
      readonly kind: "slice";
      readonly folder: string;
      readonly seed: number;
      readonly count: number;
      /** The number of the first change; targets take turns. */
      readonly first: number;
    }
  | {
      readonly kind: "alone";
      readonly folder: string;
      readonly target: string;
      /** The changed file, as base64. */
      readonly bytes: string;
    };

/** A changed file that was read or refused in a way that it should not have been. */
export interface Finding {
  readonly target: string;
  readonly problem: string;
  /** The changed file, as base64. */
  readonly bytes: string;
}

export interface SliceReport {
  readonly kind: "slice";
  done: number;
  read: number;
  refused: number;
  /** In milliseconds. */
  slowest: number;
  readonly findings: Finding[];
}

export interface AloneReport {
  readonly kind: "alone";
  /** null if nothing was wrong this time. */
  readonly problem: string | null;
}
