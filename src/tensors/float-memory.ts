/** Memory that starts at such an address native TensorFlow takes as it is; any other it copies. */
const ALIGNMENT = 64;

/** Large memory comes from the system by whole pages, behind the 16 bytes in which glibc notes its size. */
const NOTED_BEFORE = 16;

/** Every piece makes the garbage collector look at the whole heap. */
const LARGEST_PIECE = 2 ** 30;

/**
 * Memory for arrays that become tensors of a native engine, where they then stay: nothing else may write to
 * them. It is taken from the system in large pieces, so that they lie where the engine can leave them;
 * elsewhere than with glibc, or in small pieces, the engine copies them. A piece is freed with the last of
 * its tensors.
 */
export class FloatMemory {
  private piece = new ArrayBuffer(0);
  /** Where the next array starts in the piece. */
  private next = 0;
  private expectedBytes: number;

  /** @param expected how many numbers about will be asked for */
  constructor(expected: number) {
    this.expectedBytes = Float32Array.BYTES_PER_ELEMENT * expected;
  }

  /** `count` numbers, all 0. */
  floats(count: number): Float32Array {
    const bytes = Float32Array.BYTES_PER_ELEMENT * count;
    if (this.next + bytes > this.piece.byteLength) {
      const size = Math.max(bytes, Math.min(this.expectedBytes, LARGEST_PIECE));
      this.piece = new ArrayBuffer(ALIGNMENT + size);
      this.next = ALIGNMENT - NOTED_BEFORE;
    }
    const floats = new Float32Array(this.piece, this.next, count);
    const withGap = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    this.next += withGap;
    this.expectedBytes = Math.max(0, this.expectedBytes - withGap);
    return floats;
  }
}
