import { TslensError } from "../errors";
import type { AuditRuns } from "../experiments/audit/audit-runs";
import { analyzeAudits } from "../experiments/audit/audits";
import type { AuditResult } from "../experiments/audit/result";
import { targetCosine } from "../experiments/linear-weights/compared-vectors";
import type { BoundHead } from "../heads/bind-head";
import type { Prompt } from "../heads/measured-prompts";
import type { StudiedResult } from "./done-result";

export interface AuditHeadsOptions {
  /** The bundled held-out ones if undefined. */
  readonly texts: readonly Prompt[] | undefined;
  readonly prependBos: boolean;
  readonly seed: number;
  /** Runs that are kept for heads of later calls. */
  readonly runs?: AuditRuns;
}

/** Told of each head as it is begun and done. */
export interface AuditEvents<Of> {
  begun(of: readonly Of[]): void;
  done(of: Of, result: AuditResult & Pick<StudiedResult["study"], Cosine>): Promise<void>;
  failed(of: Of, error: TslensError): void;
}

type Cosine = "cosine" | "cosine_of" | "cosine_percentile";

/**
 * Audits heads that share a base model, texts and options. A head's result depends on that head alone, not
 * on those beside it.
 */
export async function auditHeads<Of extends { readonly head: BoundHead }>(
  heads: readonly Of[],
  options: AuditHeadsOptions,
  events: AuditEvents<Of>,
): Promise<void> {
  events.begun(heads);
  const bound = heads.map(({ head }) => head);
  await analyzeAudits(bound, { ...options, progress: null }, async (audited, place) => {
    const one = heads[place];
    if (audited.status === "rejected") {
      if (!(audited.reason instanceof TslensError)) throw audited.reason;
      events.failed(one, audited.reason);
      return;
    }
    const { cosine, of, percentile } = targetCosine(one.head);
    const table = { cosine, cosine_of: of, cosine_percentile: percentile };
    await events.done(one, { ...audited.value, ...table });
  });
}
