/** What the worker is reading, for whoever finds it dead: `{number, target}`. */
export const CURRENT_FILE = "current.json";

/** What the search asks of a worker. */
export type FuzzTask =
  | {
      readonly kind: "slice";
      readonly folder: string;
      readonly seed: number;
      readonly count: number;
      /** The number of the first file; targets take turns. */
      readonly first: number;
    }
  | {
      readonly kind: "alone";
      readonly folder: string;
      readonly target: string;
      /** The file, as base64. */
      readonly bytes: string;
    };

/** A file that was read or refused in a way that it should not have been. */
export interface Finding {
  readonly target: string;
  readonly problem: string;
  /** The file, as base64. */
  readonly bytes: string;
}

/** What became of files. */
export interface Figures {
  read: number;
  refused: number;
  /** In milliseconds. */
  slowest: number;
  /** Most bytes of memory above what the process had before. */
  largest: number;
}

export interface SliceReport {
  readonly kind: "slice";
  done: number;
  /** By the kind of the files. */
  readonly figures: Record<string, Figures>;
  readonly findings: Finding[];
}

/** Adds the figures of more files of a kind. */
export function addFigures(figures: Record<string, Figures>, kind: string, more: Figures): void {
  figures[kind] ??= { read: 0, refused: 0, slowest: 0, largest: 0 };
  const sum = figures[kind];
  sum.read += more.read;
  sum.refused += more.refused;
  sum.slowest = Math.max(sum.slowest, more.slowest);
  sum.largest = Math.max(sum.largest, more.largest);
}

export interface AloneReport {
  readonly kind: "alone";
  /** null if nothing was wrong this time. */
  readonly problem: string | null;
}
