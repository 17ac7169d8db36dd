import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { cachedSnapshot } from "../checkpoints/hub/cached-snapshot";
import { downloadFile } from "../checkpoints/hub/download-file";
import { downloadSnapshot } from "../checkpoints/hub/download-snapshot";
import { type HubSettings, hubSettings } from "../checkpoints/hub/hub-settings";
import { CONFIG_FILE, type DownloadPlan, planDownload } from "../checkpoints/hub/plan-download";
import { isRepositoryName } from "../checkpoints/hub/repository";
import { readJsonFile } from "../checkpoints/json-file";
import { HubError, ModelConfigError } from "../errors";
import { throwIfInterrupted } from "../progress/interrupt";
import { progressBar } from "../progress/progress-bar";
import { modelConfig } from "./families/model-config";
import { requireMemory } from "./memory-need";
import { type ModelNames, modelNames } from "./model-names";

export interface LocateModelOptions {
  /** Of a model from the hub: a branch, a tag or a commit. Folders have none and are passed over then. */
  readonly revision?: string;
}

const MEGABYTE = 1_000_000;

const REMEDY =
  "Give the folder with its config.json and model.safetensors (for heads: base, --base or TSLENS_BASE_MODEL)";

/**
 * The folder of a base model, which is looked for in this order: a folder as it is; `models/<name>` under the working
 * directory or one above it (notebooks run in a subfolder), then in the tslens project itself; the cache that Python's
 * huggingface_hub fills. What is in none of them is downloaded from the hub into that cache, with a progress bar. A
 * model is looked for under all of its names (`gpt2-small` is `gpt2`).
 *
 * @throws ModelConfigError if there is no such folder and it is no name that the hub could know (says where it looked),
 *   or what the hub has cannot be run.
 * @throws HubError if the model is not on this machine, and the hub cannot be reached, may not be asked or refuses; if
 *   the download breaks, or is not what was announced.
 */
export async function locateModel(
  nameOrFolder: string,
  { revision }: LocateModelOptions = {},
): Promise<string> {
  const names = modelNames(nameOrFolder);
  if (revision === undefined) {
    const folder = localFolder(nameOrFolder, names);
    if (folder) return folder;
  }
  if (!isRepositoryName(nameOrFolder)) {
    throw new ModelConfigError(`there is no base model "${nameOrFolder}"`, {
      found: revision === undefined ? lookedAt(nameOrFolder, names) : "a path",
      expected:
        revision === undefined
          ? "a Hugging Face model folder, or the name of one on the hub"
          : `the name of a model on the hub, which has the revision "${revision}"`,
      remedy: `${REMEDY}.`,
    });
  }
  const settings = hubSettings();
  const cached = names.all
    .filter(isRepositoryName)
    .map((name) => cachedSnapshot({ name, revision, cacheFolder: settings.cacheFolder }))
    .filter((snapshot) => snapshot?.isWhole);
  const complete = cached.find((snapshot) => snapshot?.hasTokenizer);
  if (complete) return complete.folder;
  try {
    return await download(await firstPlan(names, settings, revision), settings);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    // Without its tokenizer it still takes token ids.
    if (cached[0]) return cached[0].folder;
    throw new HubError(
      `there is no base model "${nameOrFolder}" on this machine, and it was not downloaded (${error.message.replace(/\.$/, "")})`,
      {
        found: `${lookedAt(nameOrFolder, names, revision)} and not whole in the Hugging Face cache ${settings.cacheFolder}`,
        remedy: `${REMEDY}, or set HF_HUB_CACHE to a cache that has it.`,
        status: error.status,
        cause: error,
      },
    );
  }
}

function localFolder(nameOrFolder: string, names: ModelNames): string | undefined {
  if (nameOrFolder === "") return undefined;
  const inModels = modelFolders().flatMap((folder) => names.all.map((name) => join(folder, name)));
  return [nameOrFolder, ...inModels].find(isFolder);
}

function lookedAt(nameOrFolder: string, { all }: ModelNames, revision?: string): string {
  if (revision !== undefined) return `revision "${revision}" in no folder`;
  const folders = modelFolders().map((folder) => `in ${folder}`);
  const names = all.length > 1 ? ` (as ${all.join(", ")})` : "";
  return `nothing at ${[resolve(nameOrFolder), ...new Set(folders)].join(", ")}${names}`;
}

/** The hub knows some models by two names, and mirrors of it only by one. */
async function firstPlan(
  { onHub }: ModelNames,
  settings: HubSettings,
  revision: string | undefined,
): Promise<DownloadPlan> {
  let first: unknown;
  for (const name of onHub) {
    try {
      return await planDownload({ name, settings, revision });
    } catch (error) {
      first ??= error;
      if (!(error instanceof HubError) || ![401, 404].includes(error.status ?? 0)) break;
    }
  }
  throw first;
}

async function download(plan: DownloadPlan, settings: HubSettings): Promise<string> {
  await checkFamily(plan, settings);
  const bytes = plan.files.reduce((sum, { size }) => sum + size, 0);
  const megabytes = (count: number) => Math.ceil(count / MEGABYTE);
  const bar = progressBar({ label: `Downloading ${plan.name} (MB)`, total: megabytes(bytes) });
  try {
    return await downloadSnapshot({
      plan,
      settings,
      onBytes(done) {
        bar.update(megabytes(done));
        throwIfInterrupted();
      },
    });
  } finally {
    bar.done();
  }
}

/** Before gigabytes of another model are downloaded. */
async function checkFamily(plan: DownloadPlan, settings: HubSettings): Promise<void> {
  const file = plan.files.find(({ path }) => path === CONFIG_FILE)!;
  await downloadFile({ ...plan, file, settings });
  const config = readJsonFile(join(plan.repository, "blobs", file.hash), ModelConfigError);
  const where = `${settings.endpoint}/${plan.name}: ${CONFIG_FILE}`;
  requireMemory(modelConfig(config, where), where);
}

/** `models/` of the working directory and each folder above it, then of tslens itself. */
function modelFolders(): string[] {
  const folders: string[] = [];
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    folders.push(join(folder, "models"));
    if (folder === dirname(folder)) break;
  }
  folders.push(join(__dirname, "..", "..", "models"));
  return [...new Set(folders)].filter(isFolder);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
