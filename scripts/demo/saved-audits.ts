import { join } from "node:path";
import { openHead } from "../../src/analysis/open-head";
import { analyzeAudits } from "../../src/experiments/audit/audits";
import { writeResult } from "../../src/experiments/write-result";
import { savedAudit } from "../../src/explore/saved-audit";
import type { BoundHead } from "../../src/heads/bind-head";
import { openBase } from "../../src/model/open-base";
import { findHeads } from "../../src/study/find-heads";
import { VERSION } from "../../src/version";

const PROJECT = join(__dirname, "..", "..");

/**
 * Audits of the bundled heads, each made once for a version of tslens.
 *
 * @returns the folder of results that they are in
 */
export async function savedAudits(): Promise<string> {
  const folder = join(PROJECT, ".tslens", "cache", `demo-audits-${VERSION}`);
  const base = await openBase("tiny-gpt2");
  const heads: BoundHead[] = [];
  const missing: BoundHead[] = [];
  for (const { modelDir } of findHeads(["models"]).heads) {
    const head = await openHead(modelDir, { base });
    heads.push(head);
    if (!(await savedAudit(head, folder))) missing.push(head);
  }
  await analyzeAudits(missing, {}, async (audited) => {
    if (audited.status === "rejected") throw audited.reason;
    await writeResult(audited.value, { directory: folder });
  });
  for (const head of heads) head.dispose();
  base.dispose();
  return folder;
}
