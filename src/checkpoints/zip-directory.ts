import type { Readable } from "node:stream";
import yauzl from "yauzl";
import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import type { SummedBytes } from "./checksum";
import { quoted } from "./quoted";
import { TextMap } from "./text-map";

/** A file has one entry per storage; the largest GPT-2's training state has 3,000. */
const MOST_ENTRIES = 65_536;

const DAMAGED = "The file is cut short or damaged: copy or download it again.";

/** Zip's number for an entry that is not compressed. */
const STORED = 0;

const COMPRESSION_NAMES: Readonly<Record<number, string>> = {
  8: "deflate",
  9: "deflate64",
  12: "bzip2",
  14: "lzma",
  93: "zstd",
};

/** Zip's flag for an entry whose sizes and checksum stand behind it, and 0 before it. */
const SIZES_BEHIND = 0x8;

/** Zip's number for a size that stands in the header's extra field. */
const IN_EXTRA_FIELD = 0xffff_ffff;

/** Where an entry's bytes are, as they stand in the file. They are inside it and of no other entry. */
export interface ZipEntry extends SummedBytes {
  /** How they are compressed; null if they are stored as they are. */
  readonly compression: string | null;
}

/**
 * Where each entry of a zip file stands, from its central directory. Nothing is unpacked.
 *
 * @throws CheckpointError if the directory is damaged; if an entry is encrypted, named twice, reaches beyond the file
 *   or into another, has a path that leads out of it or is described otherwise at its own place; or if there are too
 *   many.
 */
export async function readZipDirectory(file: BinaryFile): Promise<TextMap<ZipEntry>> {
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
    const entries = new TextMap<ZipEntry>();
    const places: Place[] = [];
    for await (const entry of zip.eachEntry()) {
      checkEntry(file, entry, entries);
      const header = await zip.readLocalFileHeaderPromise(entry);
      checkHeader(file, entry, header);
      const start = header.fileDataStart;
      const size = entry.compressedSize;
      if (start + size > file.size) {
        throw new CheckpointError(`zip entry ${quoted(entry.fileName)} reaches beyond the file`, {
          file: file.path,
          found: `bytes ${start} to ${start + size}`,
          expected: `at most ${file.size}`,
          remedy: DAMAGED,
        });
      }
      // PyTorch can be told to compute none, and then writes 0.
      const checksum = entry.crc32 === 0 ? null : entry.crc32;
      entries.set(entry.fileName, { start, size, checksum, compression: compressionOf(entry) });
      places.push({
        name: entry.fileName,
        begin: entry.relativeOffsetOfLocalHeader,
        end: start + size,
      });
    }
    checkPlaces(file, places);
    return entries;
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError("the zip file's directory cannot be read", {
      file: file.path,
      found: quoted((cause as Error).message),
      remedy: DAMAGED,
      cause,
    });
  }
}

function checkEntry(file: BinaryFile, entry: yauzl.Entry, before: TextMap<ZipEntry>): void {
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

/** What stands before an entry must be what the directory says: other readers could go by either. */
function checkHeader(file: BinaryFile, entry: yauzl.Entry, header: yauzl.LocalFileHeader): void {
  const isAsSaid = (there: number, said: number) =>
    there === said ||
    there === IN_EXTRA_FIELD ||
    (there === 0 && (entry.generalPurposeBitFlag & SIZES_BEHIND) !== 0);
  if (
    Buffer.compare(header.fileName, entry.fileNameRaw) === 0 &&
    header.compressionMethod === entry.compressionMethod &&
    isAsSaid(header.compressedSize, entry.compressedSize) &&
    isAsSaid(header.uncompressedSize, entry.uncompressedSize) &&
    isAsSaid(header.crc32, entry.crc32)
  ) {
    return;
  }
  throw new CheckpointError(
    `zip entry ${quoted(entry.fileName)} is described otherwise at its own place than in the directory`,
    {
      file: file.path,
      found: `${quoted(header.fileName.toString())} with ${header.compressedSize} bytes`,
      expected: `${entry.compressedSize} bytes, as in the directory`,
      remedy: DAMAGED,
    },
  );
}

/** An entry with its header. */
interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** A file of entries that lie in each other would be read many times over. */
function checkPlaces(file: BinaryFile, places: Place[]): void {
  places.sort((a, b) => a.begin - b.begin);
  for (const [i, { name, begin }] of places.entries()) {
    const before = places[i - 1];
    if (!before || begin >= before.end) continue;
    throw new CheckpointError(
      `zip entries ${quoted(before.name)} and ${quoted(name)} lie in each other`,
      {
        file: file.path,
        found: `the second from byte ${begin}`,
        expected: `at least ${before.end}`,
        remedy: DAMAGED,
      },
    );
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
