import { join } from "node:path";
import { HubError } from "../../errors";
import { quoted } from "../quoted";

/** The hub's rule: `name` or `owner/name` of letters, digits, `-`, `_` and `.`, at most 96 characters. */
const NAME = /^(?=.{1,96}$)(?!.*(--|\.\.))[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*)?$/;

/** A branch, a tag, a commit, or `refs/pr/1`. It becomes a path. */
const REVISION = /^(?!.*\.\.)\w[\w./-]{0,254}$/;

const COMMIT = /^[0-9a-f]{40}$/;

/** What Python's huggingface_hub reads if no revision is named. */
export const DEFAULT_REVISION = "main";

/** Whether the hub could have a model of this name; paths such as `../gpt2` or `/models/gpt2` it cannot have. */
export function isRepositoryName(name: string): boolean {
  return NAME.test(name);
}

export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** @throws HubError if a revision could not be one. */
export function checkRevision(revision: string): void {
  if (REVISION.test(revision)) return;
  throw new HubError("this is not a revision", {
    found: quoted(revision),
    expected: "a branch, a tag or a commit",
  });
}

/** The folder of a model in the cache, as Python's huggingface_hub names it: `models--owner--name`. */
export function repositoryFolder(cacheFolder: string, name: string): string {
  return join(cacheFolder, ["models", ...name.split("/")].join("--"));
}
