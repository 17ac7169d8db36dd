import type { Readable } from "node:stream";
import yauzl from "yauzl";
import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import { quoted } from "./quoted";

/** A file has one entry per storage; the largest GPT-2's training state has 3,000. */
const MOST_ENTRIES = 65_536;

/** Zip's number for an entry that is not compressed. */
const STORED = 0;

const COMPRESSION_NAMES: Readonly<Record<number, string>> = {
  8: "deflate",
  9: "deflate64",
  12: "bzip2",
  14: "lzma",
  93: "zstd",
};

/** Where an entry's bytes are. They are inside the file. */
export interface ZipEntry {
  readonly start: number;
  /** Of the bytes as they stand in the file. */
  readonly size: number;
  /** How they are compressed; null if they are stored as they are. */
  readonly compression: string | null;
}

/**
 * Where each entry of a zip file stands, from its central directory. Nothing is unpacked.
 *
 * @throws CheckpointError if the directory is damaged; if an entry is encrypted, named twice, reaches beyond the file
 *   or has a path that leads out of it; or if there are too many.
 */
export async function readZipDirectory(file: BinaryFile): Promise<Map<string, ZipEntry>> {
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(new FileReader(file), file.size, {
      autoClose: false,
      strictFileNames: true,
    });
    if (zip.entryCount > MOST_ENTRIES) {
      throw new CheckpointError("the zip file has too many entries", {
        file: file.path,
        found: `${zip.entryCount}`,
        expected: `at most ${MOST_ENTRIES}`,
      });
    }
    const entries = new Map<string, ZipEntry>();
    for await (const entry of zip.eachEntry()) {
      checkEntry(file, entry, entries);
      const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, {
        minimal: true,
      });
      const size = entry.compressedSize;
      if (start + size > file.size) {
        throw new CheckpointError(`zip entry ${quoted(entry.fileName)} reaches beyond the file`, {
          file: file.path,
          found: `bytes ${start} to ${start + size}`,
          expected: `at most ${file.size}`,
          remedy: "The file is cut short or damaged: copy or download it again.",
        });
      }
      entries.set(entry.fileName, { start, size, compression: compressionOf(entry) });
    }
    return entries;
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError("the zip file's directory cannot be read", {
      file: file.path,
      found: quoted((cause as Error).message),
      remedy: "The file is cut short or damaged: copy or download it again.",
      cause,
    });
  }
}

function checkEntry(
  file: BinaryFile,
  entry: yauzl.Entry,
  before: ReadonlyMap<string, ZipEntry>,
): void {
  const name = quoted(entry.fileName);
  if (entry.isEncrypted()) {
    throw new CheckpointError(`zip entry ${name} is encrypted`, { file: file.path });
  }
  if (before.has(entry.fileName)) {
    throw new CheckpointError(`zip entry ${name} is there twice`, {
      file: file.path,
      remedy: "Load the file with PyTorch and save it again.",
    });
  }
}

function compressionOf({ compressionMethod: method }: yauzl.Entry): string | null {
  if (method === STORED) return null;
  return `${COMPRESSION_NAMES[method] ?? "an unknown method"} (${method})`;
}

/**
 * Lets yauzl read from our file. Positions are checked, which its own reader does not do: one from a damaged
 * directory would end in an exception that nobody can catch.
 */
class FileReader extends yauzl.RandomAccessReader {
  constructor(private readonly file: BinaryFile) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    try {
      this.file.readInto(buffer.subarray(offset, offset + length), position, "the zip directory");
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null, length);
  }

  /** Only for unpacking, which is not done here. */
  override _readStreamForRange(): Readable {
    throw new Error("not supported");
  }
}
