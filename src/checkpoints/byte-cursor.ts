import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";

/** How much is read from the disk at once; a pickle of names and shapes mostly fits. */
const WINDOW_BYTES = 65_536;

/** Reads a part of a file from front to back. */
export class ByteCursor {
  /** Position in the file of the next byte. */
  position: number;
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;

  /**
   * @param what - What is read, for errors.
   * @param end - Position after the last byte that may be read, within the file.
   */
  constructor(
    readonly file: BinaryFile,
    readonly what: string,
    start: number,
    readonly end: number,
  ) {
    this.position = start;
  }

  byte(): number {
    const inWindow = this.position - this.windowStart;
    if (inWindow < 0 || inWindow >= this.window.length) return this.take(1)[0];
    this.position++;
    return this.window[inWindow];
  }

  /** A little-endian unsigned integer of `length` bytes, up to 2⁵³. */
  unsigned(length: 1 | 2 | 4 | 8): number {
    const bytes = this.take(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[i];
    return value;
  }

  /** The next `length` bytes. They stay valid until the next call. */
  take(length: number): Uint8Array {
    this.requireMore(length);
    const inWindow = this.position - this.windowStart;
    if (inWindow < 0 || inWindow + length > this.window.length) {
      const size = Math.min(Math.max(length, WINDOW_BYTES), this.end - this.position);
      this.window = this.file.readBytes(this.position, size, this.what);
      this.windowStart = this.position;
    }
    const start = this.position - this.windowStart;
    this.position += length;
    return this.window.subarray(start, start + length);
  }

  /** Passes over bytes without reading them. */
  skip(length: number): void {
    this.requireMore(length);
    this.position += length;
  }

  /** The bytes up to a line feed, which is skipped; at most `longest`. */
  line(longest: number): Uint8Array {
    const bytes: number[] = [];
    for (let byte = this.byte(); byte !== 0x0a; byte = this.byte()) {
      if (bytes.length === longest) {
        throw new CheckpointError(`${this.what} has a line that is too long`, {
          file: this.file.path,
          found: `no line end before byte ${this.position}`,
          expected: `at most ${longest} bytes`,
        });
      }
      bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }

  /** @throws CheckpointError if there are not so many bytes left. */
  requireMore(length: number): void {
    if (length <= this.end - this.position) return;
    throw new CheckpointError(`${this.what} ends too early`, {
      file: this.file.path,
      found: `its end at byte ${this.end}`,
      expected: `${length} more bytes at byte ${this.position}`,
      remedy: "The file is cut short or damaged: copy or download it again.",
    });
  }
}
