import { existsSync } from "node:fs";
import { copyFile, rename, statfs, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { HubError } from "../../errors";
import { atomicWrite } from "../../files/atomic-write";
import { makeFolder } from "../../files/make-folder";
import { discard, temporaryName } from "../../files/temporary";
import { downloadFile } from "./download-file";
import type { HubSettings } from "./hub-settings";
import type { DownloadPlan } from "./plan-download";

export interface DownloadSnapshotOptions {
  readonly plan: DownloadPlan;
  readonly settings: HubSettings;
  /** Told how many bytes of all files are there. */
  readonly onBytes?: (done: number) => void;
}

/**
 * Downloads a model's files into the Hugging Face cache, as Python's huggingface_hub lays them out: the content in
 * `blobs/{hash}`, a link to it in `snapshots/{commit}`, and the revision's commit in `refs/{revision}`. A file gets its
 * link when it is whole, and the revision its commit when all are.
 *
 * @returns the snapshot's folder
 * @throws HubError as `downloadFile`.
 */
export async function downloadSnapshot({
  plan,
  settings,
  onBytes,
}: DownloadSnapshotOptions): Promise<string> {
  const { name, commit, repository, files, absent, revision } = plan;
  const snapshot = join(repository, "snapshots", commit);
  await requireRoom(plan);
  let before = 0;
  for (const file of files) {
    await downloadFile({
      file,
      name,
      commit,
      repository,
      settings,
      onBytes: (done) => onBytes?.(before + done),
    });
    before += file.size;
    await writeCache(snapshot, () =>
      link(join(repository, "blobs", file.hash), join(snapshot, file.path)),
    );
  }
  await writeCache(repository, async () => {
    for (const path of absent) await put(join(repository, ".no_exist", commit, path), "");
    if (revision !== commit) await put(join(repository, "refs", revision), commit);
  });
  return snapshot;
}

/** A hub can announce more than the disk has. */
async function requireRoom({ files, repository, name }: DownloadPlan): Promise<void> {
  const sizes = files.map(({ hash, size }) =>
    existsSync(join(repository, "blobs", hash)) ? 0 : size,
  );
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  let folder = repository;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize, blocks } = await statfs(folder);
  // Some network file systems do not say.
  if (blocks === 0 || needed <= bavail * bsize) return;
  throw new HubError(`there is no room for ${name} in the Hugging Face cache`, {
    file: repository,
    found: `${bavail * bsize} bytes free`,
    expected: `${needed}`,
    remedy: "Make room, or set HF_HUB_CACHE to another folder.",
  });
}

/** A relative link, so that the cache can be moved; a copy where there are no links. */
async function link(blob: string, path: string): Promise<void> {
  makeFolder(dirname(path));
  const temporary = temporaryName(dirname(path));
  try {
    await symlink(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary));
    await rename(temporary, path);
  } finally {
    discard(temporary);
  }
}

async function put(path: string, content: string): Promise<void> {
  makeFolder(dirname(path));
  await atomicWrite(path, content);
}

async function writeCache(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new HubError("the Hugging Face cache cannot be written", {
      file,
      found: (cause as NodeJS.ErrnoException).code ?? String(cause),
      remedy: "Check that it may be written to, or set HF_HUB_CACHE to another folder.",
      cause,
    });
  }
}
