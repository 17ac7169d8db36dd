import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { provenanceOf } from "../../analysis/provenance";
import type { BoundHead } from "../../heads/bind-head";
import { hookPoint } from "../../model/hook-points";
import { MOST_FOR_A_CELL, patchedRunOperations } from "../../patching/run-operations";
import { namedResult } from "../../results/named-result";
import { resultFileNames } from "../../results/result-file-names";
import { formatNumber } from "../../text/format-number";
import { type AuditOptions, analyzeAudit } from "./audits";
import { heldOutFor } from "./held-out";
import { AUDIT_KEY_NUMBERS } from "./key-numbers";
import { type AuditResult, auditSchema } from "./result";
import { DONORS, ENOUGH_TEXTS, SPECIFICITY } from "./thresholds";

export interface NotebookAuditOptions
  extends Pick<AuditOptions, "prependBos" | "seed" | "progress"> {
  /** Where results are. Default: "results". */
  readonly directory?: string;
  /** More floating-point operations are too many for a cell. Default: 5e13. */
  readonly mostOperations?: number;
}

export interface NotebookAudit {
  /** null where it would take long. */
  readonly audit: AuditResult | null;
  /** The sentence, and where it is from; or how to come by it. */
  readonly note: string;
}

/**
 * The audit of a head on the bundled held-out texts, for a cell that should not take half an hour: one that
 * stands in the results' folder already and was made of the same files in the same way, else a new one if
 * the model is small enough.
 *
 * @throws as `analyzeAudit`.
 * @example
 * const { audit, note } = await notebookAudit(await openHead("models/neuron_l2_n52_20261122_120000"));
 * console.log(note, audit?.verdict);
 */
export async function notebookAudit(
  head: BoundHead,
  {
    directory = "results",
    mostOperations = MOST_FOR_A_CELL,
    ...options
  }: NotebookAuditOptions = {},
): Promise<NotebookAudit> {
  const saved = await savedAudit(head, directory, options);
  if (saved) return { audit: saved.audit, note: `${saved.audit.because[0]} (from ${saved.file})` };
  const operations = auditOperations(head);
  if (operations <= mostOperations || !head.targetCanMatter) {
    const audit = await analyzeAudit(head, options);
    return { audit, note: audit.because[0] };
  }
  const trillions = formatNumber(operations / 1e12, 2);
  return {
    audit: null,
    note: `An audit of this head takes about ${trillions} trillion operations, too long for a cell: run \`npx tslens audit ${head.path} --base ${head.model.name} --out ${directory}\`, and this cell again.`,
  };
}

async function savedAudit(
  head: BoundHead,
  directory: string,
  { prependBos = false, seed = 0 }: NotebookAuditOptions,
): Promise<{ audit: AuditResult; file: string } | null> {
  const { config } = head.files;
  const subject = {
    model_path: head.path,
    target_layer: config.targetLayer,
    target_neuron: config.targetNeuron,
  };
  for (const name of resultFileNames("audit", subject)) {
    const file = join(directory, name);
    const content = await readFile(file, "utf8").catch(() => null);
    const parsed = content === null ? null : auditSchema.safeParse(parsedJson(content));
    if (!parsed?.success) continue;
    const audit = namedResult("audit", AUDIT_KEY_NUMBERS, parsed.data);
    const provenance = await provenanceOf(head, { seed, prependBos });
    const { random_streams } = audit.provenance;
    if (!isDeepStrictEqual(audit.provenance, { ...provenance, random_streams })) continue;
    const { sha256 } = await heldOutFor(undefined, prependBos)(head);
    if (sha256 === audit.texts.sha256) return { audit, file };
  }
  return null;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Floating-point operations of an audit's patched runs. */
export function auditOperations(head: BoundHead): number {
  const size = hookPoint(head.hook, head.model.cfg).size!;
  const neurons = size < SPECIFICITY.fewest ? 0 : Math.min(size, SPECIFICITY.neurons);
  const runs = DONORS * (neurons * SPECIFICITY.texts + 2 * ENOUGH_TEXTS);
  return runs * patchedRunOperations(head);
}
