import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ReadFiles } from "../checkpoints/read-files";
import { TslensError } from "../errors";
import { runDirectory, TRAINING_METRICS } from "../heads/run-folders";
import { baseFiles } from "../model/base-files";
import { headIn, runsBelow } from "./find-heads";
import { baseHash, type StudyJob } from "./job";
import { markOf } from "./out-folder";
import { fileHash } from "./plan-heads";
import type { Roots } from "./roots";
import { walkFolders } from "./walk-folders";

/** Where a job's files are on this machine. */
export interface LocalFiles {
  /** The head's weights. */
  readonly headFile: string;
  readonly baseFolder: string;
  /** The file of texts; null for the bundled ones. */
  readonly texts: string | null;
  readonly out: string;
}

/** What of a job is not on this machine. */
export interface NotHere {
  readonly what: "base" | "head" | "texts" | "out";
  readonly reason: string;
}

/** Finds the files of jobs inside of a worker's roots, by path or wherever else, and makes sure by their hashes. */
export class LocalFinder {
  private readonly bases = new Map<string, string>();
  private heads: Map<string, string[]> | null = null;

  constructor(private readonly roots: Roots) {}

  async find(job: StudyJob): Promise<LocalFiles | NotHere> {
    const out = first(
      this.roots.candidates(job.out.path),
      (folder) => markOf(folder) === job.out.id,
    );
    if (out === undefined) {
      return this.lack("out", `the folder of results ${job.out.path}, or a link to it`);
    }
    const baseFolder = await this.baseFolder(job.base);
    if (baseFolder === null)
      return this.lack("base", `the base model ${job.base.name} (${job.base.path})`);
    const headFile = await this.headFile(job.head);
    if (headFile === null) return this.lack("head", `the head ${job.head.shown}`);
    const texts = job.options.texts === null ? null : this.textsFile(job.options.texts);
    if (texts === undefined) return this.lack("texts", `the texts ${job.options.texts!.path}`);
    return { headFile, baseFolder, texts, out };
  }

  private lack(what: NotHere["what"], missing: string): NotHere {
    const reason = `${missing} is not under ${this.roots.paths.join(", ")}, by the hashes of its files: left to other workers (--root says where to look)`;
    return { what, reason };
  }

  private async baseFolder(base: StudyJob["base"]): Promise<string | null> {
    const key = baseHash(base);
    const known = this.bases.get(key);
    if (known !== undefined) return known;
    const found = await this.searchBase(base);
    // One that is not there may be copied there while the worker runs.
    if (found !== null) this.bases.set(key, found);
    return found;
  }

  private async searchBase(base: StudyJob["base"]): Promise<string | null> {
    for (const folder of this.roots.candidates(base.path)) {
      if (await this.isBase(folder, base)) return folder;
    }
    for (const folder of this.modelFolders()) {
      if (await this.isBase(folder, base)) return folder;
    }
    return null;
  }

  private modelFolders(): string[] {
    const folders: string[] = [];
    for (const root of this.roots.paths) {
      walkFolders(root, (folder, names) => {
        if (names.includes("config.json")) folders.push(folder);
        return true;
      });
    }
    return folders;
  }

  /** Small files first: they tell most models apart. */
  private async isBase(folder: string, { files }: StudyJob["base"]): Promise<boolean> {
    const isModel = this.roots.contains(join(folder, "config.json"));
    if (!isModel || !this.roots.containsFolder(folder)) return false;
    try {
      const there = await baseFiles(folder);
      const names = there.paths.map((path) => basename(path));
      if (names.length !== Object.keys(files).length || names.some((name) => !(name in files))) {
        return false;
      }
      const small = there.paths.filter((path) => path.endsWith(".json"));
      if (!hasHashes(await there.only(small).sha256(), files)) return false;
      return hasHashes(await there.sha256(), files);
    } catch (error) {
      if (error instanceof TslensError) return false;
      throw error;
    }
  }

  private async headFile(head: StudyJob["head"]): Promise<string | null> {
    const name = headName(head.files);
    for (const folder of this.roots.candidates(head.path)) {
      const file = join(folder, name);
      if (await this.isHead(file, head.files)) return file;
    }
    // Not where it is on the coordinator's machine: wherever its weights are.
    this.heads ??= await this.headsByHash();
    for (const elsewhere of this.heads.get(head.files[name]) ?? []) {
      if (await this.isHead(elsewhere, head.files)) return elsewhere;
    }
    return null;
  }

  private async headsByHash(): Promise<Map<string, string[]>> {
    const heads = new Map<string, string[]>();
    for (const run of this.roots.paths.flatMap(runsBelow)) {
      const found = headIn(run);
      if ("reason" in found || !this.roots.contains(found.headFile)) continue;
      const { headFile } = found;
      try {
        const [hash] = Object.values(await new ReadFiles([headFile]).sha256());
        heads.set(hash, [...(heads.get(hash) ?? []), headFile]);
      } catch (error) {
        // One that cannot be read keeps no other from being found.
        if (!(error instanceof TslensError)) throw error;
      }
    }
    return heads;
  }

  /** Whether a file is a head's weights, with all that lies beside it as the job says. */
  private async isHead(headFile: string, files: StudyJob["head"]["files"]): Promise<boolean> {
    const folder = dirname(headFile);
    const metrics = join(runDirectory(folder), TRAINING_METRICS);
    const paths = [headFile, join(folder, "config.json")];
    // The audit reads it: one that the job does not know would change the numbers.
    if (existsSync(metrics)) paths.push(metrics);
    if (paths.length !== Object.keys(files).length) return false;
    if (!paths.every((path) => this.roots.contains(path))) return false;
    try {
      return hasHashes(await new ReadFiles(paths).sha256(), files);
    } catch (error) {
      if (error instanceof TslensError) return false;
      throw error;
    }
  }

  private textsFile({ path, sha256 }: NonNullable<StudyJob["options"]["texts"]>) {
    return first(this.roots.candidates(path), (file) => {
      try {
        return fileHash(file) === sha256;
      } catch (error) {
        // A root that is a folder.
        if (error instanceof TslensError) return false;
        throw error;
      }
    });
  }
}

function first<T>(all: Iterable<T>, isIt: (one: T) => boolean): T | undefined {
  for (const one of all) if (isIt(one)) return one;
  return undefined;
}

/** The name of the weights' file. */
function headName(files: StudyJob["head"]["files"]): string {
  return Object.keys(files).find((name) => name.startsWith("head.")) ?? "head.pt";
}

function hasHashes(
  found: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(found).every(([name, hash]) => expected[name] === hash);
}
