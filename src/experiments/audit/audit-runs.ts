import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts, Prompt } from "../../heads/measured-prompts";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { type CleanRuns, cleanRuns } from "../../patching/clean-runs";
import { heldOutFor } from "./held-out";
import { MeasuredRows } from "./measured-rows";
import { SweepRuns } from "./sweep-runs";

/** What the audits of heads on the same activation and texts share. */
export interface SharedRuns {
  readonly clean: CleanRuns;
  readonly rows: MeasuredRows;
  readonly sweep: SweepRuns;
}

/** Which heads share it. */
export interface SharedBy {
  readonly texts: MeasuredPrompts;
  /** Of their token ids. */
  readonly sha256: string;
  readonly seed: number;
}

/**
 * Runs that audits share, for one activation, stream and set of texts at a time: kept for as long as heads
 * come that share them, over several calls of `analyzeAudits` too.
 */
export class AuditRuns {
  private held: {
    readonly key: string;
    readonly sha256: string;
    readonly model: HookedTransformer;
    runs: SharedRuns;
  } | null = null;

  private texts: {
    readonly given: readonly Prompt[] | undefined;
    readonly prependBos: boolean;
    readonly of: ReturnType<typeof heldOutFor>;
  } | null = null;

  /** Texts to audit heads on, read and tokenized once. */
  heldOut(
    given: readonly Prompt[] | undefined,
    prependBos: boolean,
  ): ReturnType<typeof heldOutFor> {
    if (this.texts?.given !== given || this.texts?.prependBos !== prependBos) {
      this.texts = { given, prependBos, of: heldOutFor(given, prependBos) };
    }
    return this.texts!.of;
  }

  /** Runs for a head, new ones if those that are kept are of something else. */
  of({ model, hook, reads }: BoundHead, { texts, sha256, seed }: SharedBy): SharedRuns {
    // What is kept of a clean run depends on what is read: shared only where that is the same.
    const key = JSON.stringify([hook, reads, sha256, seed]);
    if (this.held?.key === key && this.held.model === model) return this.held.runs;
    const before = this.held;
    this.dispose();
    const clean = cleanRuns(model, texts);
    const isSameTexts = before?.model === model && before.sha256 === sha256;
    const rows = isSameTexts ? before.runs.rows : new MeasuredRows(model, texts);
    const runs = { clean, rows, sweep: new SweepRuns(model, hook, texts, clean) };
    this.held = { key, sha256, model, runs };
    return runs;
  }

  /** Frees what is kept. It can be used again. */
  dispose(): void {
    this.held?.runs.clean.dispose();
    this.held = null;
  }
}
