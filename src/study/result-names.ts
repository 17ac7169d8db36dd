import { existsSync } from "node:fs";
import { join } from "node:path";
import { holderOf, identityOf, isSameHead } from "../experiments/result-holder";
import { resultFileNames } from "../results/result-file-names";
import { doneResult, type StudiedResult } from "./done-result";
import type { FailedHead } from "./find-heads";
import { weightsHash } from "./job";
import type { PlannedHead } from "./plan-heads";

/** Where a head's result goes, or is. */
export interface NamedHead extends PlannedHead {
  readonly file: string;
  /** Its result, if the file is there. */
  readonly done: StudiedResult | null;
}

/**
 * Chooses every head's file before anything is computed, so that names do not depend on who is done first:
 * the usual one if it is free or the head's own, else one with its run's name. A head that is done keeps
 * the file that it has.
 */
export async function nameResults(
  folder: string,
  heads: readonly PlannedHead[],
): Promise<{ heads: NamedHead[]; failed: FailedHead[] }> {
  const taken = new Set<string>();
  const done = new Map<PlannedHead, NamedHead>();
  for (const head of heads) {
    const named = await whereDone(folder, head);
    if (named === null || taken.has(named.file)) continue;
    taken.add(named.file);
    done.set(head, named);
  }
  const named: NamedHead[] = [];
  const failed: FailedHead[] = [];
  for (const head of heads) {
    const before = done.get(head);
    const file = before ? before.file : await freeName(folder, head, taken);
    if (file === null) {
      const reason = `other results have every name that this head's could take in ${folder}: move them away, or choose another folder`;
      failed.push({ model_dir: head.modelDir, reason });
      continue;
    }
    taken.add(file);
    named.push(before ?? { ...head, file, done: null });
  }
  return { heads: named, failed };
}

async function whereDone(folder: string, head: PlannedHead): Promise<NamedHead | null> {
  for (const file of namesOf(head)) {
    const done = await doneResult(folder, file, head.job.job);
    if (done !== null) return { ...head, file, done };
  }
  return null;
}

async function freeName(
  folder: string,
  head: PlannedHead,
  taken: ReadonlySet<string>,
): Promise<string | null> {
  const own = identityOf({
    model_path: head.modelDir,
    provenance: { head_sha256: weightsHash(head.job.head.files) },
  });
  for (const file of namesOf(head)) {
    if (taken.has(file)) continue;
    const path = join(folder, file);
    if (!existsSync(path)) return file;
    const holder = await holderOf(path).catch(() => null);
    if (holder !== null && isSameHead(holder, own)) return file;
  }
  return null;
}

function namesOf({ modelDir, config }: PlannedHead): readonly string[] {
  return resultFileNames("audit", {
    model_path: modelDir,
    target_layer: config.targetLayer,
    target_neuron: config.targetNeuron,
  });
}
