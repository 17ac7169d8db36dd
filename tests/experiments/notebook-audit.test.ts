import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHead } from "../../src/analysis/open-head";
import { auditOperations, notebookAudit } from "../../src/experiments/audit/notebook-audit";
import { saveResult } from "../../src/experiments/save-result";
import type { BoundHead } from "../../src/heads/bind-head";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { openBase } from "../../src/model/open-base";
import { temporaryFolder } from "../checkpoints/temporary-folder";

describe("the audit of a notebook", () => {
  const directory = temporaryFolder();
  const options = { directory, progress: null };
  const file = join(directory, "audit_3_26.json");
  let base: HookedTransformer;
  let head: BoundHead;
  before(async () => {
    base = await openBase("models/tiny-gpt2");
    head = await openHead("models/neuron_l3_n26_20261122_120300", { base });
  });
  after(() => base.dispose());

  it("is made where it is not too long, and says how to come by it where it is", async () => {
    // 12 · 128² weights a block; from block 3 on there is one, then the 10,000-odd tokens' logits.
    const { d_model, d_mlp, d_vocab } = base.cfg;
    const runs = 20 * (128 * 16 + 2 * 300);
    const weights = 4 * d_model ** 2 + 2 * d_model * d_mlp + d_model * d_vocab;
    assert.equal(auditOperations(head), 2 * runs * weights);
    const { audit, note } = await notebookAudit(head, { ...options, mostOperations: 1e9 });
    assert.equal(audit, null);
    assert.match(
      note,
      /^An audit of this head takes about [\d.]+ trillion operations.*`npx tslens audit models\/neuron_l3_n26_20261122_120300 --base models\/tiny-gpt2 --out /,
    );
  });

  it("is read from its file where it was made of the same files in the same way", async () => {
    const { audit, note } = await notebookAudit(head, options);
    assert.equal(note, audit!.because[0]);
    await saveResult(audit!, {}, { directory });
    // Too long to be made again.
    const again = await notebookAudit(head, { ...options, mostOperations: 0 });
    assert.deepEqual(again.audit, JSON.parse(readFileSync(file, "utf8")));
    const bytes = readFileSync(file, "utf8");
    await saveResult(again.audit!, {}, { directory });
    assert.equal(readFileSync(file, "utf8"), bytes);
    assert.match(again.note, /\(from .*audit_3_26\.json\)$/);
  });

  it("is not where it is another's, or broken", async () => {
    const whole = readFileSync(file, "utf8");
    const saved = JSON.parse(whole);
    const { provenance } = saved;
    const isRead = async (text: string) => {
      writeFileSync(file, text);
      return (await notebookAudit(head, { ...options, mostOperations: 0 })).audit !== null;
    };
    for (const other of [
      { ...saved, provenance: { ...provenance, head_sha256: "0".repeat(64) } },
      { ...saved, provenance: { ...provenance, seed: 1 } },
      { ...saved, provenance: { ...provenance, tslens: "0.0.1" } },
      { ...saved, texts: { ...saved.texts, sha256: "0".repeat(64) } },
    ]) {
      assert.equal(await isRead(JSON.stringify(other)), false);
    }
    for (const text of ["", "{}", whole.slice(0, -20), whole.replace("verdict", "vedict")]) {
      assert.equal(await isRead(text), false);
    }
    assert.equal(await isRead(whole), true);
  });
});
