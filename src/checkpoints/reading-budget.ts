import { CheckpointError } from "../errors";

/** Every byte can be an opcode that makes one value, which is then put into one container: two steps, and as many spare. */
const STEPS_PER_BYTE = 4;
const SPARE_STEPS = 100_000;

/** A tensor's description of 150 bytes takes about 900. */
const MEMORY_PER_BYTE = 8;
const SPARE_MEMORY = 64_000_000;

/** V8 ends the process when its heap is full, which is 2 GB on small machines. */
const MOST_MEMORY = 600_000_000;

/**
 * What reading one part of a file may cost: steps of work and bytes of memory, in proportion to the part's size. A file
 * of some bytes can otherwise ask for any amount, by using one of its values again and again.
 */
export class ReadingBudget {
  private readonly steps: number;
  private readonly memory: number;
  private stepsTaken = 0;
  private memoryTaken = 0;

  /**
   * @param what - The part, for the error.
   * @param size - Of the part, in bytes.
   */
  constructor(
    private readonly file: string,
    private readonly what: string,
    private readonly size: number,
  ) {
    this.steps = SPARE_STEPS + STEPS_PER_BYTE * size;
    this.memory = Math.min(SPARE_MEMORY + MEMORY_PER_BYTE * size, MOST_MEMORY);
  }

  /** @throws CheckpointError if all steps together are more than the size justifies. */
  work(steps: number): void {
    this.stepsTaken += steps;
    if (this.stepsTaken > this.steps) throw this.exceeded("work", this.steps, "steps");
  }

  /**
   * Takes memory. It is not given back: what is dropped is not yet collected.
   *
   * @throws CheckpointError if all memory together is more than the size justifies.
   */
  hold(bytes: number): void {
    this.memoryTaken += bytes;
    if (this.memoryTaken > this.memory) throw this.exceeded("memory", this.memory, "bytes");
  }

  private exceeded(resource: string, most: number, unit: string): CheckpointError {
    return new CheckpointError(`${this.what} takes more ${resource} than its size justifies`, {
      file: this.file,
      found: `more than ${most} ${unit}`,
      expected: `a few for each of its ${this.size} bytes`,
      remedy: "Save only the state_dict() with torch.save.",
    });
  }
}
