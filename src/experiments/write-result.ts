import { join } from "node:path";
import { ResultError } from "../errors";
import type { ResultByName, ResultName } from "../experiments/registry";
import { atomicWrite, leadsOut } from "../files/atomic-write";
import { makeFolder } from "../files/make-folder";
import { resultName } from "../results/named-result";
import { resultFileNames } from "../results/result-file-names";
import { type HeadIdentity, holderOf, identityOf, isSameHead } from "./result-holder";
import { serializeResult } from "./serialize-result";

/** Where a result goes and what it is. */
export interface WriteResultOptions<N extends ResultName> {
  /** The folder to write to; it is made if it does not exist. */
  readonly directory: string;
  /** Which kind of result: the first part of the file's name. What an analysis gives says so itself. */
  readonly name?: N;
}

/** Where a result went. */
export interface WrittenResult {
  /** The file that was written. */
  readonly path: string;
  /** Where the result's figures belong: a folder beside the file, of the same name. */
  readonly figuresDirectory: string;
  /** Why the file has another name than usual; null when it has the usual one. */
  readonly note: string | null;
}

/**
 * Writes a result to `{directory}/{name}_{layer}_{neuron}.json`.
 *
 * **Two heads on one neuron.** If that file holds another head's result, it stays, and this result
 * gets a name with its run directory's; the note says so. The same head's earlier result is
 * replaced. It is the same head if `model_path` leads to the same place, or if the weights (SHA-256)
 * and the run directory's name are the same: the project folder was moved, the path was relative to
 * another folder, or it led to the folder inside the run. A file that cannot be read as a result is left alone like another
 * head's.
 *
 * **Several processes.** A file appears whole or not at all, and a free name is taken in one step
 * that fails if somebody else was faster; then the next name is tried. So two processes that write
 * about two heads of one neuron at once lose neither; which of them gets the usual name is up to
 * chance. Two processes about the same head both write it, and the last one stays.
 *
 * **Determinism.** The same result gives the same bytes: keys stand in the schema's order and nothing
 * is added here. A result's only key that changes from run to run is `timestamp`.
 *
 * @param result the result
 * @param options folder and kind
 * @returns the path written to, and a note when it is not the usual one
 * @throws {ResultError} when the result is not valid (nothing is written then), or the folder or file
 *   cannot be written: not a folder, read-only, disk full
 *
 * @example
 * const { path, note } = await writeResult(await analyzeLinearWeights(head), { directory: "results" });
 */
export async function writeResult<N extends ResultName>(
  result: ResultByName[N],
  { directory, name = kindOf<N>(result) }: WriteResultOptions<N>,
): Promise<WrittenResult> {
  const text = serializeResult(name, result);
  try {
    makeFolder(directory);
  } catch (error) {
    throw unwritable(directory, error);
  }

  const head = identityOf(result);
  const names = resultFileNames(name, result);
  for (const [i, fileName] of names.entries()) {
    const path = join(directory, fileName);
    const figuresDirectory = path.replace(/\.json$/, "");
    if (leadsOut(directory, figuresDirectory)) {
      throw new ResultError(
        "the folder for figures is a link that leads out of the results' folder",
        {
          file: figuresDirectory,
          remedy: "Remove the link, or choose another folder for results.",
        },
      );
    }
    try {
      if (await writeUnlessTaken(path, text, head, directory)) {
        const note = i === 0 ? null : noteOn(names[0], fileName);
        return { path, figuresDirectory, note };
      }
    } catch (error) {
      throw unwritable(path, error);
    }
  }
  throw new ResultError("results of other heads have every name that this one could take", {
    file: join(directory, names[2]),
    remedy: "Move them away or choose another folder.",
  });
}

function kindOf<N extends ResultName>(result: object): N {
  const name = resultName(result);
  if (name !== undefined) return name as N;
  throw new ResultError("this result does not say of which kind it is", {
    expected: "what an analysis gave, or its name",
    remedy: 'Give it: { name: "activation_patching" }.',
  });
}

/**
 * Writes a result under a name that was chosen before.
 *
 * @returns false if another head's result has that name, or anything else
 * @throws ResultError as {@link writeResult}
 */
export async function writeResultAs<N extends ResultName>(
  result: ResultByName[N],
  { directory, name, fileName }: { directory: string; name: N; fileName: string },
): Promise<boolean> {
  const path = join(directory, fileName);
  const text = serializeResult(name, result);
  try {
    return await writeUnlessTaken(path, text, identityOf(result), directory);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Takes the name if it is free or held by the same head; false if another head holds it. */
async function writeUnlessTaken(
  path: string,
  text: string,
  head: HeadIdentity,
  within: string,
): Promise<boolean> {
  if (await atomicWrite(path, text, { replace: false, within })) return true;
  const holder = await holderOf(path);
  if (holder === null || !isSameHead(holder, head)) return false;
  return atomicWrite(path, text, { within });
}

function noteOn(usual: string, written: string): string {
  return `${usual} holds the result of another head on this layer and neuron, or something else, and was kept; this result is in ${written}.`;
}

/** What it means that a file of results cannot be written. */
export function unwritable(path: string, error: unknown): ResultError {
  const code = (error as NodeJS.ErrnoException).code;
  const reason = code === undefined ? undefined : REASONS[code];
  return new ResultError(reason?.what ?? "cannot be written", {
    file: path,
    found: code ?? (error as Error).message,
    remedy: reason?.remedy ?? "Choose another folder for results.",
    cause: error,
  });
}

const READ_ONLY = {
  what: "cannot be written: no permission, or the disk is read-only",
  remedy: "Make the folder writable or choose another one for results.",
};
const NOT_A_FOLDER = {
  what: "cannot be written: a file stands where a folder must be, or a folder where a file must be",
  remedy: "Move it away or choose another folder for results.",
};
const FULL = {
  what: "cannot be written: the disk is full or your share of it is used up",
  remedy: "Free some space; nothing that was there has been changed.",
};
const REASONS: Readonly<Record<string, { what: string; remedy: string } | undefined>> = {
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
  // What Node says when it cannot make a folder on a read-only disk.
  ENOENT: {
    what: "cannot be made: the disk is read-only, or there is no such place",
    remedy: READ_ONLY.remedy,
  },
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  EISDIR: NOT_A_FOLDER,
  ENOSPC: FULL,
  EDQUOT: FULL,
};
