import { join } from "node:path";
import type fc from "fast-check";
import type { TslensError } from "../../src/errors";

/** Makes a file's bytes. */
export type MakeBytes = () => Uint8Array | Promise<Uint8Array>;

/** A kind of files, and the reader that must survive them. */
export interface FuzzTarget {
  /** Such as `zip.pt: pickle`. */
  readonly name: string;
  /** What the figures are summed up by, such as `generated pickle`. */
  readonly kind: string;
  /** The name that the file must have for its reader. */
  readonly fileName: string;
  readonly files: fc.Arbitrary<MakeBytes>;
  /** A file of the kind that can be read. */
  readonly valid: MakeBytes;
  /** Valid files that must lie beside it. */
  readonly beside: readonly string[];
  /** Reads the file of that name in the folder, all of it. */
  read(folder: string): unknown;
  /** What the reader may throw. */
  readonly errors: readonly (new (
    what: string,
  ) => TslensError)[];
}

/** The folder that a target's file is put in: one of its own if other files must lie beside it. */
export function targetFolder(folder: string, { beside, name }: FuzzTarget): string {
  return beside.length === 0 ? folder : join(folder, name.replaceAll("/", "_"));
}

/** Where a target's file lies. */
export function targetFile(folder: string, target: FuzzTarget): string {
  return join(targetFolder(folder, target), target.fileName);
}
