import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";
import { makeFolder } from "../files/make-folder";
import { discard, temporaryName } from "../files/temporary";

const FLOAT_BYTES = 4;

/** Rows are read in pieces of about this many bytes. */
const BYTES_PER_READ = 8 * 2 ** 20;

/**
 * Activations on disk, one file of float32 rows per hook and one row per prompt, so that what does not
 * fit into memory can be written and read in pieces. A file has its name only when it is complete.
 */
export class ActivationStore {
  /**
   * @param folder made if it is not there
   * @param rows how many prompts there are
   * @param sizeOf how many numbers a hook has at one position
   */
  constructor(
    private readonly folder: string,
    readonly rows: number,
    readonly sizeOf: (hook: string) => number,
  ) {
    try {
      makeFolder(folder);
    } catch (cause) {
      throw unusable(folder, cause);
    }
  }

  /** Whether a hook's activations are here, all of them. */
  has(hook: string): boolean {
    const file = this.file(hook);
    return existsSync(file) && statSync(file).size === this.rows * this.rowBytes(hook);
  }

  /** Opens hooks for writing. Their files appear when `finish` is called. */
  write(hooks: readonly string[]): ActivationWriter {
    const open = new Map<string, { readonly path: string; readonly descriptor: number }>();
    const close = () => {
      for (const { descriptor } of open.values()) closeSync(descriptor);
    };
    const drop = () => {
      for (const { path } of open.values()) discard(path);
    };
    try {
      for (const hook of hooks) {
        const path = temporaryName(this.folder);
        try {
          open.set(hook, { path, descriptor: openSync(path, "wx") });
        } catch (cause) {
          discard(path);
          throw cause;
        }
        ftruncateSync(open.get(hook)!.descriptor, this.rows * this.rowBytes(hook));
      }
    } catch (cause) {
      close();
      drop();
      throw unusable(this.folder, cause);
    }
    return {
      put: (hook, row, values) => {
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        const start = row * this.rowBytes(hook);
        const { descriptor } = open.get(hook)!;
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(descriptor, bytes, done, bytes.length - done, start + done);
        }
      },
      finish: () => {
        close();
        for (const [hook, { path }] of open) renameSync(path, this.file(hook));
        drop();
      },
      abandon: () => {
        close();
        drop();
      },
    };
  }

  /** Every activation of a hook, `[rows × size]`. */
  read(hook: string): Float32Array {
    const size = this.sizeOf(hook);
    const all = new Float32Array(this.rows * size);
    this.eachPiece(hook, (piece, firstRow) => all.set(piece, firstRow * size));
    return all;
  }

  /** One neuron's activation on each prompt, `[rows]`. */
  column(hook: string, index: number): Float64Array {
    return this.columns(hook, [index])[0];
  }

  /** Those of several neurons, each `[rows]`, in one reading. */
  columns(hook: string, indices: readonly number[]): Float64Array[] {
    const size = this.sizeOf(hook);
    const columns = indices.map(() => new Float64Array(this.rows));
    this.eachPiece(hook, (piece, firstRow) => {
      for (let row = 0; row * size < piece.length; row++) {
        indices.forEach((index, i) => {
          columns[i][firstRow + row] = piece[row * size + index];
        });
      }
    });
    return columns;
  }

  private eachPiece(hook: string, take: (piece: Float32Array, firstRow: number) => void): void {
    const rowBytes = this.rowBytes(hook);
    const rowsPerPiece = Math.max(1, Math.floor(BYTES_PER_READ / rowBytes));
    const descriptor = openSync(this.file(hook), "r");
    try {
      for (let first = 0; first < this.rows; first += rowsPerPiece) {
        const rows = Math.min(rowsPerPiece, this.rows - first);
        const piece = new Float32Array((rows * rowBytes) / FLOAT_BYTES);
        const bytes = new Uint8Array(piece.buffer);
        for (let done = 0; done < bytes.length; ) {
          const position = first * rowBytes + done;
          const count = readSync(descriptor, bytes, done, bytes.length - done, position);
          if (count === 0) throw unusable(this.file(hook), new Error("the file was cut short"));
          done += count;
        }
        take(piece, first);
      }
    } finally {
      closeSync(descriptor);
    }
  }

  private rowBytes(hook: string): number {
    return this.sizeOf(hook) * FLOAT_BYTES;
  }

  private file(hook: string): string {
    return join(this.folder, `${hook}.f32`);
  }
}

/** Writes rows in any order; then exactly one of `finish` and `abandon` is called. */
export interface ActivationWriter {
  put(hook: string, row: number, values: Float32Array): void;
  finish(): void;
  abandon(): void;
}

function unusable(file: string, cause: unknown): InputError {
  return new InputError("the folder for activations cannot be used", {
    file,
    found: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message,
    remedy: "Set TSLENS_CACHE to a folder that may be written to and has room.",
    cause,
  });
}
