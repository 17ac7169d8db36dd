import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { endianness } from "node:os";
import { CheckpointError } from "../errors";
import { allocateElements, type Dtype, type FloatAllocator, type TensorData } from "./dtypes";

/** Node reads at most 2³¹ − 1 bytes in one call. */
const MOST_BYTES_PER_READ = 2 ** 30;

interface ReadElementsOptions {
  /** Looks at the bytes as they stand in the file. */
  readonly check?: (bytes: Uint8Array) => void;
  readonly floats?: FloatAllocator;
}

/** A regular file, open for reading anywhere in it. Every read is checked against its size first. */
export class BinaryFile {
  /** Size in bytes when it was opened. */
  readonly size: number;
  readonly path: string;
  private descriptor: number | undefined;

  /** @throws CheckpointError if there is no such file, it is not a regular file, or it may not be read. */
  constructor(path: string) {
    this.path = path;
    if (endianness() !== "LE") {
      throw new CheckpointError("tensors cannot be read on this machine", {
        file: path,
        found: "a big-endian processor",
        expected: "a little-endian one",
      });
    }
    try {
      // Before opening: opening a named pipe would wait for its writer.
      if (!statSync(path).isFile()) throw notARegularFile(path);
      this.descriptor = openSync(path, "r");
      this.size = fstatSync(this.descriptor).size;
    } catch (error) {
      throw asCheckpointError(path, error);
    }
  }

  /**
   * Fills `bytes` from `position` on.
   *
   * @param what - What is being read, for the error.
   * @throws CheckpointError if that is not all inside the file.
   */
  readInto(bytes: Uint8Array, position: number, what: string): void {
    this.requireInside(position, bytes.length, what);
    const descriptor = this.openDescriptor();
    let done = 0;
    while (done < bytes.length) {
      const length = Math.min(bytes.length - done, MOST_BYTES_PER_READ);
      let got: number;
      try {
        got = readSync(descriptor, bytes, done, length, position + done);
      } catch (error) {
        throw asCheckpointError(this.path, error);
      }
      if (got === 0) {
        throw new CheckpointError(`the file has become shorter while ${what} was read`, {
          file: this.path,
          found: `its end at byte ${position + done}`,
          expected: `${this.size} bytes`,
        });
      }
      done += got;
    }
  }

  /** `length` bytes from `position` on. */
  readBytes(position: number, length: number, what: string): Uint8Array {
    this.requireInside(position, length, what);
    const bytes = this.withMemory(length, what, () => new Uint8Array(length));
    this.readInto(bytes, position, what);
    return bytes;
  }

  /**
   * `count` elements from `position` on, read straight into their memory.
   */
  readElements(
    dtype: Dtype,
    count: number,
    position: number,
    byteLength: number,
    what: string,
    { check, floats }: ReadElementsOptions = {},
  ): TensorData {
    this.requireInside(position, byteLength, what);
    return this.withMemory(byteLength, what, () => {
      const memory = allocateElements(dtype, count, floats);
      this.readInto(memory.bytes, position, what);
      check?.(memory.bytes);
      return memory.finish();
    });
  }

  /** Runs `allocate`; memory that cannot be had is a CheckpointError. */
  withMemory<T>(byteLength: number, what: string, allocate: () => T): T {
    try {
      return allocate();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new CheckpointError(`there is not enough memory for ${what}`, {
        file: this.path,
        found: `${byteLength} bytes`,
        cause: error,
      });
    }
  }

  close(): void {
    if (this.descriptor === undefined) return;
    closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private openDescriptor(): number {
    if (this.descriptor !== undefined) return this.descriptor;
    throw new CheckpointError("the file has been closed", {
      file: this.path,
      remedy: "Read from it before closing it.",
    });
  }

  private requireInside(position: number, length: number, what: string): void {
    if (position >= 0 && length >= 0 && position + length <= this.size) return;
    throw new CheckpointError(`${what} does not lie inside the file`, {
      file: this.path,
      found: `bytes ${position} to ${position + length}`,
      expected: `at most ${this.size}, the file's size`,
      remedy: "The file is cut short or damaged: copy or download it again.",
    });
  }
}

function notARegularFile(path: string): CheckpointError {
  return new CheckpointError("this is not a regular file", {
    file: path,
    expected: "a file on the disk",
  });
}

function asCheckpointError(path: string, error: unknown): CheckpointError {
  if (error instanceof CheckpointError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const what =
    code === "ENOENT" || code === "ENOTDIR"
      ? "there is no such file"
      : code === "EACCES" || code === "EPERM"
        ? "the file may not be read"
        : `the file cannot be read (${code ?? String(error)})`;
  return new CheckpointError(what, { file: path, cause: error });
}
