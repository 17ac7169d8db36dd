import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CheckpointError } from "../errors";
import type { HashingThread } from "./hashing-thread";

/** Files of less than this many bytes together are hashed as soon as they are read: some 20 ms. */
const HASHED_AT_ONCE = 2 ** 24;

/** From here on hashing takes longer than to start a thread for it. */
const HASHED_IN_THREAD = 2 ** 26;

/**
 * Files that something is read from, so that it can be said later what it was read from: made before
 * they are read, and asked afterwards.
 */
export class ReadFiles {
  readonly paths: readonly string[];
  private readonly states: ReadonlyMap<string, string | null>;
  private hashes: Promise<Readonly<Record<string, string>>> | undefined;
  private thread: HashingThread | undefined;

  constructor(paths: readonly string[], states = statesOf(paths)) {
    this.paths = paths;
    this.states = states;
  }

  /** All files of a folder, while it is not known which of them will be read; none if it is not there. */
  static in(folder: string): ReadFiles {
    return new ReadFiles(namesIn(folder).map((name) => join(folder, name)));
  }

  /** Those of them that were read. */
  only(paths: readonly string[]): ReadFiles {
    return new ReadFiles([...new Set(paths)], this.states);
  }

  /**
   * To be called when they were read. Small files are hashed now; of large ones it is noted only
   * which they are.
   *
   * @throws CheckpointError if a file changed while it was read.
   */
  async finish(): Promise<void> {
    this.requireUnchanged();
    if (this.bytes() < HASHED_AT_ONCE) await this.sha256();
  }

  /** To be called before they are read by who will want their hashes: large ones are hashed meanwhile. */
  startHashing(): void {
    if (this.bytes() < HASHED_IN_THREAD) return;
    // A browser has no such threads, nor files so large.
    const { HashingThread } = require("./hashing-thread") as typeof import("./hashing-thread");
    this.thread ??= new HashingThread(this.paths);
  }

  private bytes(): number {
    const sizes = this.paths.map((path) => Number(this.states.get(path)?.split(" ")[0] ?? 0));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** @throws CheckpointError if a file is not the one that was read, or was not there before. */
  requireUnchanged(): void {
    const changed = this.paths.find((path) => {
      const state = stateOf(path);
      return state === null || state !== this.states.get(path);
    });
    if (changed === undefined) return;
    throw new CheckpointError("the file is no longer the one that was read", {
      file: changed,
      found: stateOf(changed) === null ? "no file" : "another size or time of change",
      remedy: "Open the head and its base model again.",
    });
  }

  /**
   * SHA-256 of what was read, by the files' names; computed once.
   *
   * @throws CheckpointError if a file is not the one that was read any more.
   */
  sha256(): Promise<Readonly<Record<string, string>>> {
    this.hashes ??= this.hashed().catch((error) => {
      this.hashes = undefined;
      throw error;
    });
    return this.hashes;
  }

  private async hashed(): Promise<Record<string, string>> {
    this.requireUnchanged();
    this.startHashing();
    const inThread = await this.thread?.sha256().catch((cause) => {
      this.thread = undefined;
      throw unreadable(this.paths, cause);
    });
    const hashes: Record<string, string> = {};
    for (const [i, path] of this.paths.entries()) {
      hashes[basename(path)] = inThread?.[i] ?? (await sha256(path));
    }
    this.requireUnchanged();
    return hashes;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function statesOf(paths: readonly string[]): ReadonlyMap<string, string | null> {
  return new Map(paths.map((path) => [path, stateOf(path)]));
}

/**
 * What a file has another of once it was written to or replaced; null if there is none, or no file. Its time of
 * change cannot be set, as its time of modification can; inode numbers are left out, since on some
 * network file systems they change by themselves.
 */
function stateOf(path: string): string | null {
  try {
    const stats = statSync(path, { bigint: true });
    if (!stats.isFile()) return null;
    const { size, mtimeNs, ctimeNs } = stats;
    return [size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return null;
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw unreadable([path], cause);
  }
  return hash.digest("hex");
}

function unreadable(paths: readonly string[], cause: unknown): CheckpointError {
  const { path, code } = cause as NodeJS.ErrnoException;
  return new CheckpointError("the file cannot be read", {
    file: path ?? paths.join(", "),
    found: code,
    cause,
  });
}
