import { constants, existsSync } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { HubError, InterruptedError } from "../../errors";
import { makeFolder } from "../../files/make-folder";
import { bodyPieces, SilenceError } from "./body-pieces";
import { hubFetch } from "./hub-fetch";
import { type HubFile, hashOf } from "./hub-file";
import type { HubSettings } from "./hub-settings";

/** A connection that breaks is made again so often without a byte in between. */
const MOST_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;

export interface DownloadFileOptions {
  readonly file: HubFile;
  /** The model's name on the hub. */
  readonly name: string;
  readonly commit: string;
  /** The model's folder in the cache. */
  readonly repository: string;
  readonly settings: HubSettings;
  /** Told how many bytes of the file are there. */
  readonly onBytes?: (done: number) => void;
}

/**
 * Downloads one file into `blobs/{hash}` of the cache, unless it is there.
 *
 * It grows under the name `{hash}.incomplete`, from where an interrupted download left off, and gets its name when its
 * size and its hash are what the hub announced. (`downloadFileToCacheDir` of `@huggingface/hub` checks neither, and
 * begins anew each time.) Two processes may do this at once: they write the same bytes to the same places.
 *
 * @throws HubError if the connection breaks again and again, the hub refuses, the file comes with another size or hash,
 *   or the cache cannot be written.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<void> {
  const { file, repository, onBytes } = options;
  const blob = join(repository, "blobs", file.hash);
  if (!existsSync(blob)) {
    const incomplete = `${blob}.incomplete`;
    try {
      makeFolder(join(repository, "blobs"));
      await fill(incomplete, options);
      await rename(incomplete, blob);
    } catch (error) {
      // Another process may have been faster.
      if (!existsSync(blob)) throw asHubError(error, incomplete);
    }
  }
  onBytes?.(file.size);
}

/** Completes the file; what an interrupted download left may be wrong, and is then thrown away once. */
async function fill(incomplete: string, options: DownloadFileOptions): Promise<void> {
  const isResumed = (await sizeOf(incomplete)) > 0;
  try {
    await append(incomplete, options);
    await check(incomplete, options);
  } catch (error) {
    if (!(error instanceof WrongContentError)) throw error;
    await rm(incomplete, { force: true });
    if (!isResumed) throw error;
    return fill(incomplete, options);
  }
}

/** The bytes that came are not those that the hub announced. */
class WrongContentError extends HubError {
  override name = "HubError";
}

async function check(incomplete: string, { file, name, settings }: DownloadFileOptions) {
  const hash = await hashOf(incomplete, file);
  if (hash === file.hash) return;
  throw new WrongContentError("the downloaded file is not what the hub announced", {
    file: `${settings.endpoint}/${name}: ${file.path}`,
    found: `hash ${hash}`,
    expected: file.hash,
    remedy: "It was thrown away: try again, or check HF_ENDPOINT.",
  });
}

async function append(incomplete: string, options: DownloadFileOptions): Promise<void> {
  const { file, onBytes } = options;
  // Not emptied: another process may be at it.
  const output = await open(incomplete, constants.O_RDWR | constants.O_CREAT);
  try {
    let position = (await output.stat()).size;
    if (position > file.size) throw wrongLength(options, position);
    for (let attempt = 1; position < file.size; attempt++) {
      const before = position;
      try {
        for await (const { bytes, at } of bytesFrom(position, options)) {
          await writeAll(output, bytes, at);
          position = at + bytes.length;
          onBytes?.(position);
        }
        if (position === file.size) return;
        throw cut(options, position);
      } catch (error) {
        if (!(error instanceof CutError)) throw error;
        if (position > before) attempt = 1;
        if (attempt >= MOST_ATTEMPTS) throw error;
        await wait(FIRST_PAUSE_MS * attempt);
      }
    }
    await output.sync();
  } finally {
    await output.close();
  }
}

/** The connection broke; another attempt may help. */
class CutError extends HubError {
  override name = "HubError";
}

/** The file's bytes from a position on, or from its start if the server cannot begin elsewhere. */
async function* bytesFrom(
  start: number,
  options: DownloadFileOptions,
): AsyncGenerator<{ bytes: Uint8Array; at: number }> {
  const { file, name, commit, settings } = options;
  const { downloadFile: openFile } = await import("@huggingface/hub");
  const fetch = hubFetch(settings);
  let at = start;
  // The library's stream would only tell an error's message.
  let refusal: unknown;
  const blob = await openFile({
    repo: { type: "model", name },
    path: file.path,
    revision: commit,
    hubUrl: settings.endpoint,
    // Over plain HTTP, which every mirror has.
    xet: false,
    downloadInfo: {
      size: file.size,
      etag: file.hash,
      url: `${settings.endpoint}/${name}/resolve/${commit}/${encodeURIComponent(file.path)}`,
    },
    fetch: async (input, init) => {
      try {
        const response = await fetch(input, init);
        if (response.status !== 206) at = 0;
        // Of what is compressed on the way, the length is that of the compressed bytes.
        const isPlain = /^(identity)?$/.test(response.headers.get("Content-Encoding") ?? "");
        const length = isPlain ? response.headers.get("Content-Length") : null;
        if (length !== null && at + Number(length) !== file.size) {
          await response.body?.cancel();
          throw wrongLength(options, at + Number(length));
        }
        return response;
      } catch (error) {
        refusal = error;
        throw error;
      }
    },
  });
  const body = blob!.slice(start).stream();
  try {
    for await (const value of bodyPieces(body, settings.longestSilence)) {
      if (at + value.length > file.size) throw wrongLength(options, at + value.length);
      yield { bytes: value, at };
      at += value.length;
    }
  } catch (error) {
    if (refusal instanceof HubError) {
      // Without a status the hub did not answer.
      const isUnreachable = refusal.status === undefined && !(refusal instanceof WrongContentError);
      throw isUnreachable ? cut(options, at, refusal) : refusal;
    }
    throw error instanceof HubError ? error : cut(options, at, error);
  }
}

function cut({ file, name, settings }: DownloadFileOptions, at: number, cause?: unknown): CutError {
  const what = cause instanceof SilenceError ? cause.message : "the connection broke";
  return new CutError(what, {
    file: `${settings.endpoint}/${name}: ${file.path}`,
    found: `${at} of ${file.size} bytes`,
    remedy: "Try again: the download goes on from there.",
    cause,
  });
}

function wrongLength({ file, name, settings }: DownloadFileOptions, length: number) {
  return new WrongContentError("the download has another length than the hub announced", {
    file: `${settings.endpoint}/${name}: ${file.path}`,
    found: `${length} bytes`,
    expected: `${file.size}`,
    remedy: "It was thrown away: try again, or check HF_ENDPOINT.",
  });
}

async function writeAll(output: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await output.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function asHubError(error: unknown, file: string): HubError | InterruptedError {
  if (error instanceof HubError || error instanceof InterruptedError) return error;
  return new HubError("the Hugging Face cache cannot be written", {
    file,
    found: (error as NodeJS.ErrnoException).code ?? String(error),
    remedy: "Check that it may be written to and has room, or set HF_HUB_CACHE to another folder.",
    cause: error,
  });
}
