import { CheckpointError } from "../errors";
import { atomicWrite, type WriteBytes } from "../files/atomic-write";

/**
 * Writes a file of tensors: the whole of it or nothing.
 *
 * @param path - The file; if it is a link, what it points to.
 * @param write - Writes the content, piece after piece.
 * @throws CheckpointError if the file cannot be written.
 */
export async function writeCheckpoint(
  path: string,
  write: (put: WriteBytes) => void | Promise<void>,
): Promise<void> {
  try {
    await atomicWrite(path, write);
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError("the file cannot be written", {
      file: path,
      found: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message,
      remedy: "Check that its folder exists, may be written to and has room.",
      cause,
    });
  }
}
