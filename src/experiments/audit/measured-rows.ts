import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { type HookPoint, hookPoint } from "../../model/hook-points";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { cleanRun, DEFAULT_MAX_BYTES, lastRows, promptBatches } from "../../patching/clean-run";
import { breathe } from "../../progress/interrupt";

/** Memory for what is kept, in bytes: what no longer fits is run again for each head. */
const MOST_KEPT_BYTES = 2 ** 29;

type Rows = readonly Float32Array[];

/**
 * Activations of many hooks at the measured token of each text, unpatched: run once for all heads on these
 * texts. A head has the same numbers alone, since batches are those for all hooks of the model.
 */
export class MeasuredRows {
  private readonly kept = new Map<HookPoint, Rows>();
  private bytes = 0;

  constructor(
    private readonly model: HookedTransformer,
    private readonly texts: MeasuredPrompts,
  ) {}

  /** @returns `[text][size]` by hook */
  async of(hooks: readonly HookPoint[]): Promise<ReadonlyMap<HookPoint, Rows>> {
    const missing = hooks.filter((hook) => !this.kept.has(hook));
    const run = missing.length > 0 ? await this.run(missing) : new Map<HookPoint, Rows>();
    for (const [hook, rows] of run) {
      const bytes = 4 * hook.size! * rows.length;
      if (this.bytes + bytes > MOST_KEPT_BYTES) continue;
      this.bytes += bytes;
      this.kept.set(hook, rows);
    }
    return new Map(hooks.map((hook) => [hook, run.get(hook) ?? this.kept.get(hook)!]));
  }

  private async run(hooks: readonly HookPoint[]): Promise<Map<HookPoint, Rows>> {
    const { tokens } = this.texts;
    const rows = new Map(hooks.map((hook) => [hook, [] as Float32Array[]]));
    for (const batch of promptBatches(tokens, this.mostTokens(), false)) {
      const run = cleanRun(this.model, tokens, batch, hooks);
      try {
        for (const hook of hooks) {
          const values = lastRows(run, hook);
          const size = hook.size!;
          batch.forEach((text, i) => {
            rows.get(hook)![text] = values.slice(i * size, (i + 1) * size);
          });
        }
      } finally {
        run.dispose();
      }
      await breathe();
    }
    return rows;
  }

  private mostTokens(): number {
    const { cfg } = this.model;
    const ofBlock = (["attn_out", "mlp_out", "z", "post"] as const).reduce(
      (sum, name) => sum + hookPoint([name, 0], cfg).size!,
      0,
    );
    return Math.max(Math.floor(DEFAULT_MAX_BYTES / (4 * ofBlock * cfg.n_layers)), 1);
  }
}
