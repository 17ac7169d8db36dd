import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TslensError } from "../errors";
import { HEAD_FILES, locateHeadFile } from "../heads/load-head";
import { locateHead } from "../heads/locate-head";
import { RUN_FOLDERS, runDirectory, TRAINING_METRICS } from "../heads/run-folders";
import { walkFolders } from "./walk-folders";

/** A head that a study found. */
export interface FoundHead {
  /** The run directory: the folder that was given, and the way below it. */
  readonly modelDir: string;
  readonly headFile: string;
  readonly configFile: string;
  /** `training_metrics.json` of its run; null if there is none. */
  readonly metricsFile: string | null;
}

/** A head, or a folder, that has no row in the table, and why. */
export interface FailedHead {
  readonly model_dir: string;
  readonly reason: string;
}

export interface FoundHeads {
  /** Each once, in the order of their real paths. */
  readonly heads: readonly FoundHead[];
  readonly failed: readonly FailedHead[];
  /** Heads that were given more than once. */
  readonly notes: readonly string[];
}

/** Every trained head under some folders. */
export function findHeads(folders: readonly string[]): FoundHeads {
  const heads = new Map<string, FoundHead>();
  const failed: FailedHead[] = [];
  const notes: string[] = [];
  const add = (modelDir: string) => {
    const found = headIn(modelDir);
    if ("reason" in found) {
      failed.push(found);
      return;
    }
    const real = realpathSync.native(found.headFile);
    const same = heads.get(real);
    if (same) notes.push(`${same.modelDir} and ${modelDir} are the same head: it is studied once`);
    else heads.set(real, found);
  };
  for (const given of folders) {
    const folder = folderOf(given);
    if (folder === null) {
      failed.push({ model_dir: given, reason: `${given}: there is no such folder` });
      continue;
    }
    const runs = runsBelow(folder);
    if (runs.length === 0) {
      const reason = `${given}: there is no head in this folder; expected training runs, folders with ${HEAD_FILES.join(" or ")}`;
      failed.push({ model_dir: given, reason });
    }
    runs.forEach(add);
  }
  const inOrder = [...heads].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, head]) => head);
  return { heads: inOrder, failed, notes };
}

/** The folders of training runs under one, itself included. */
export function runsBelow(folder: string): string[] {
  const runs: string[] = [];
  walkFolders(folder, (path, names) => {
    const isRun = [...HEAD_FILES, ...RUN_FOLDERS].some((name) => names.includes(name));
    if (isRun) runs.push(path);
    return !isRun;
  });
  return runs;
}

/** The files of a run's head, or why there is none. */
export function headIn(modelDir: string): FoundHead | FailedHead {
  try {
    const { headFile } = locateHeadFile(modelDir);
    const metricsFile = join(runDirectory(dirname(headFile)), TRAINING_METRICS);
    return {
      modelDir,
      headFile,
      configFile: join(dirname(headFile), "config.json"),
      metricsFile: statSync(metricsFile, { throwIfNoEntry: false })?.isFile() ? metricsFile : null,
    };
  } catch (error) {
    if (!(error instanceof TslensError)) throw error;
    return { model_dir: modelDir, reason: error.message };
  }
}

/** A file with a head's weights stands for its folder. */
function folderOf(given: string): string | null {
  const path = locateHead(given);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) return path;
  const isHead = there?.isFile() && HEAD_FILES.some((name) => name === basename(path));
  return isHead ? dirname(path) : null;
}
