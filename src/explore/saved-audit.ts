import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { auditExperiment } from "../experiments/audit";
import type { AuditResult } from "../experiments/audit/result";
import { checkedResult } from "../experiments/serialize-result";
import type { BoundHead } from "../heads/bind-head";

/** Results that are looked at, of one folder: the page does not wait for thousands. */
const MOST_FILES = 2000;

/**
 * The newest audit in a folder of results that was made of these very files, head and base model by their
 * SHA-256; null if there is none. A file that is none, or broken, is passed over.
 */
export async function savedAudit(head: BoundHead, folder: string): Promise<AuditResult | null> {
  const { files, model } = head;
  if (!files.sha256 || !model.files || !existsSync(folder)) return null;
  const base = JSON.stringify(sorted(await model.files.sha256()));
  let newest: AuditResult | null = null;
  const names = readdirSync(folder).filter(
    (name) => name.startsWith(`${auditExperiment.name}_`) && name.endsWith(".json"),
  );
  for (const name of names.slice(0, MOST_FILES)) {
    const audit = await auditIn(join(folder, name));
    const { provenance } = audit ?? {};
    if (!audit || !provenance) continue;
    const isOfHead =
      provenance.head_sha256 === files.sha256.head &&
      provenance.head_config_sha256 === files.sha256.config;
    const isOfBase = JSON.stringify(sorted(provenance.base_model_files ?? {})) === base;
    if (isOfHead && isOfBase && (!newest || audit.timestamp > newest.timestamp)) newest = audit;
  }
  return newest;
}

async function auditIn(file: string): Promise<AuditResult | null> {
  try {
    return checkedResult("audit", JSON.parse(await readFile(file, "utf8"))) as AuditResult;
  } catch {
    return null;
  }
}

function sorted(hashes: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(hashes).sort(([a], [b]) => (a < b ? -1 : 1));
}
