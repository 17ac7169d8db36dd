import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { LayerKeysValues } from "../model/forward";
import type { HookPointName } from "../model/hook-names";
import type { HookPoint } from "../model/hook-points";
import { disposeKeysValues } from "../model/key-value-cache";
import { throwIfInterrupted } from "../progress/interrupt";
import { nextTurn } from "../progress/next-turn";
import { type CleanRun, widest } from "./clean-run";
import { type CleanValues, changed, newValues } from "./new-values";
import type { PatchJob } from "./patch-job";
import { positionsOf, sizeWithKeys, spanOf } from "./place";
import type { PatchedRow } from "./readout";
import { type MlpChange, residualWrites } from "./residual-writes";
import { RowEdits } from "./row-edits";
import { pastOf, runSuffix, type SuffixEdits, type SuffixRows, unpatchedRows } from "./suffix-run";
import type { PromptGroup, VariantGroup } from "./variant-groups";

/**
 * Runs the variants of a group on a group of prompts, in batches that fit the memory, and puts
 * their readings into the job; with them the unpatched reading where it is still missing.
 *
 * @param changes `[variant][place in the clean run]` whether the patch changes anything there
 */
export async function patchedRows<R>(
  job: PatchJob<R>,
  clean: CleanRun,
  group: VariantGroup,
  promptGroup: PromptGroup,
  changes: readonly (readonly boolean[])[],
  values: CleanValues,
): Promise<void> {
  if (job.readout.jointly && promptGroup.prompts.length < job.tokens.length) {
    throw new InputError("what is read takes all prompts together, which differ in length", {
      found: `lengths ${[...new Set(clean.tokens.map((ids) => ids.length))].join(", ")}`,
      expected: "prompts of the same number of tokens",
    });
  }
  const most = mostRows(job, promptGroup);
  const { prompts } = promptGroup;
  // A prompt's variants look at the same keys, in one product where they are run together. Where there are
  // more of them than prompts, a few of them on all prompts at a time: what is done so far can be kept.
  const together = Math.max(Math.floor(most / (group.variants.length + 1)), 1);
  const perPart = prompts.length > group.variants.length ? together : most;
  const sizes = job.readout.jointly ? prompts.length : perPart;
  for (const part of parts(promptGroup, sizes)) {
    const isRead = part.prompts.every((place) => clean.numbers[place] in job.clean);
    const changed = group.variants.filter((variant) =>
      part.prompts.some((place) => changes[variant][place]),
    );
    // The unpatched readings are made with the first variants, or alone where there are none.
    const isForClean = group.variants.length === 0;
    if (changed.length === 0 && (isRead || !isForClean)) continue;
    const list = isRead ? changed : [null, ...changed];
    const plan = { start: group.start, reads: job.reads };
    const past = pastOf(job.model, { clean, ...part }, plan);
    try {
      const perPrompt = Math.max(Math.floor(most / part.prompts.length), 1);
      for (let from = 0; from < list.length; from += perPrompt) {
        if (job.signal?.aborted && !isForClean) return;
        const variants = list.slice(from, from + perPrompt);
        const rows = { clean, ...part, variants: variants.length };
        const readings = readRows(job, group, rows, variants, values, past);
        note(job, rows, variants, changes, readings);
        await job.progress.breathe();
        // So that an interrupt is heard, whosever progress that is.
        await nextTurn();
        throwIfInterrupted();
      }
    } finally {
      disposeKeysValues([...past.values()]);
    }
  }
}

/** A group's prompts, at most `most` at a time; those that start at similar positions, so that keys are padded least. */
function parts({ prompts, first, length }: PromptGroup, most: number): PromptGroup[] {
  if (prompts.length <= most) return [{ prompts, first, length }];
  const order = [...prompts.keys()].sort((a, b) => first[a] - first[b]);
  return Array.from({ length: Math.ceil(prompts.length / most) }, (_, i) => {
    const some = order.slice(i * most, (i + 1) * most);
    return {
      prompts: some.map((place) => prompts[place]),
      first: some.map((place) => first[place]),
      length,
    };
  });
}

/** Rows whose activations fit the job's memory. */
function mostRows(
  { model: { cfg, engine }, readout, reads, maxBytes }: PatchJob<unknown>,
  group: PromptGroup,
): number {
  const keys = Math.max(...group.first) + group.length;
  const ofMlp = (cfg.gated_mlp ? 6 : 4) * cfg.d_mlp;
  const ofPosition = 8 * widest(cfg) + ofMlp + 4 * cfg.n_heads * keys;
  const readsLogits = reads.some(({ name }) => name === "unembed.hook_out");
  const logits = readsLogits ? 2 * cfg.d_vocab * (readout.pos === "all" ? keys : 1) : 0;
  const bytes = 4 * (ofPosition * group.length + logits);
  return Math.min(Math.max(Math.floor(maxBytes / bytes), 1), engine.rowsPerBatch);
}

function note<R>(
  job: PatchJob<R>,
  { clean, prompts }: SuffixRows,
  variants: readonly (number | null)[],
  changes: readonly (readonly boolean[])[],
  readings: readonly R[],
): void {
  prompts.forEach((place, i) => {
    const prompt = clean.numbers[place];
    variants.forEach((variant, k) => {
      const reading = readings[i * variants.length + k];
      if (variant === null) job.clean[prompt] = reading;
      else if (job.readout.jointly || changes[variant][place]) {
        job.patched[variant][prompt] = reading;
      }
      if (variant !== null) job.rowsDone++;
    });
  });
  job.progress.update(job.rowsDone);
}

function readRows<R>(
  job: PatchJob<R>,
  group: VariantGroup,
  rows: SuffixRows,
  variants: readonly (number | null)[],
  values: CleanValues,
  past: ReadonlyMap<number, LayerKeysValues>,
): R[] {
  const { model, readout } = job;
  const { unpatchedReads, start, hooks } = group;
  const reads = job.reads.filter((hook) => !unpatchedReads.includes(hook));
  const editsUnembedding = hooks.some((hook) => hook.layer() === model.cfg.n_layers);
  const edits = editsOf(job, group, rows, variants, values);
  const activations = new Map<HookPointName, tf.Tensor>();
  try {
    const plan = { start, reads, pos: readout.pos, editsUnembedding };
    if (reads.length > 0) {
      for (const [hook, value] of runSuffix(model, rows, plan, edits, past)) {
        const whole = readout.pos === "all" ? afterUnpatched(rows, hook, value) : value;
        activations.set(hook.name, whole);
      }
    }
    for (const hook of unpatchedReads) {
      activations.set(hook.name, unpatchedRows(rows, hook, readout.pos));
    }
    const described: PatchedRow[] = rows.prompts.flatMap((place) =>
      variants.map((variant) => ({ prompt: rows.clean.numbers[place], variant })),
    );
    return readout.read(activations, described, model.cfg);
  } finally {
    tf.dispose([...activations.values()]);
    edits.writes?.dispose();
  }
}

/** `[row, pos, size]` from the first position that was run, after the positions before it. */
function afterUnpatched(rows: SuffixRows, hook: HookPoint, patched: tf.Tensor): tf.Tensor {
  const [first] = rows.first;
  if (first === 0) return patched;
  const whole = tf.tidy(() => {
    const before = tf.slice(unpatchedRows(rows, hook, "all"), [0, 0, 0], [-1, first, -1]);
    return tf.concat([before, patched], 1);
  });
  patched.dispose();
  return whole;
}

/** What the variants change, row by row. */
function editsOf(
  { model, variants: patches }: PatchJob<unknown>,
  { writesOf }: VariantGroup,
  rows: SuffixRows,
  variants: readonly (number | null)[],
  values: CleanValues,
): SuffixEdits {
  const count = rows.prompts.length * variants.length;
  const byHook = new Map<HookPoint, RowEdits>();
  const changes: MlpChange[] = [];
  rows.prompts.forEach((place, i) => {
    const prompt = rows.clean.numbers[place];
    const keys = rows.clean.tokens[place].length;
    variants.forEach((variant, k) => {
      const row = i * variants.length + k;
      for (const patch of variant === null ? [] : patches[variant]) {
        const span = spanOf(patch, model.cfg, keys);
        for (const at of positionsOf(patch.pos, keys, prompt)) {
          const position = at - rows.first[i];
          const given = newValues(patch, prompt, at, span, values);
          if (writesOf !== null) {
            const before = values.valuesAt(patch.hook, prompt, at)[span.start];
            const after = changed(given, 0, before);
            changes.push({ row, position, hook: patch.hook, index: span.start, before, after });
            continue;
          }
          if (!byHook.has(patch.hook)) {
            const size = sizeWithKeys(patch.hook, model.cfg, keys);
            byHook.set(patch.hook, new RowEdits(patch.hook, [count, rows.length, size]));
          }
          byHook.get(patch.hook)!.add(row, position, span.start, span.length, given);
        }
      }
    });
  });
  const writes =
    changes.length > 0 ? residualWrites(model, writesOf!, [count, rows.length], changes) : null;
  return { byHook, writes };
}
