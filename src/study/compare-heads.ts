import { join } from "node:path";
import { TslensError } from "../errors";
import { type AuditOptions, analyzeAudits } from "../experiments/audit/audits";
import { targetCosine } from "../experiments/linear-weights/compared-vectors";
import type { BoundHead } from "../heads/bind-head";
import { runDirectory, TRAINING_METRICS } from "../heads/run-folders";
import type { FailedHead } from "./find-heads";
import { metricsIn } from "./plan-heads";
import type { StudyRow } from "./study-row";
import { studyRows, type TableHead, tableNumbers } from "./study-rows";

/** Heads that were compared here, without a queue. */
export interface ComparedHeads {
  /** A row a head, by layer, neuron and folder: the columns of a study's table. */
  readonly heads: readonly StudyRow[];
  /** Heads that have no row, and why. */
  readonly failed: readonly FailedHead[];
}

/**
 * Audits heads that are open and compares them in a study's table: what a notebook does with a few dozen.
 * Of hundreds `runStudy` is made, which goes on where it was ended.
 *
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const base = await openBase("tiny-gpt2");
 * const open = [await openHead("models/neuron_l2_n52_20261122_120000", { base })];
 * const { heads } = await compareHeads(open);
 * console.log(heads[0].causal_share);
 * base.dispose();
 */
export async function compareHeads(
  heads: readonly BoundHead[],
  options: AuditOptions = {},
): Promise<ComparedHeads> {
  const done: TableHead[] = [];
  const failed: FailedHead[] = [];
  await analyzeAudits(heads, options, (audited, place) => {
    const head = heads[place];
    if (audited.status === "fulfilled") {
      const { cosine, of, percentile } = targetCosine(head);
      const study = { cosine, cosine_of: of, cosine_percentile: percentile };
      done.push({ head: named(head), result: tableNumbers({ ...audited.value, study }) });
    } else if (audited.reason instanceof TslensError) {
      failed.push({ model_dir: head.path, reason: audited.reason.message });
    } else throw audited.reason;
  });
  return { heads: studyRows(done), failed };
}

function named({ path, files, model }: BoundHead): TableHead["head"] {
  return {
    modelDir: path,
    config: files.config,
    metrics: metricsIn(join(runDirectory(files.directory), TRAINING_METRICS)),
    job: { base: { name: files.config.baseModelName || model.name } },
  };
}
