/**
 * Audits: what one takes, and what a further head of the same activation adds, beside the matrix products
 * that their runs cannot do without.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHead } from "../src/analysis/open-head";
import { analyzeAudits } from "../src/experiments/audit/audits";
import { auditOperations } from "../src/experiments/audit/notebook-audit";
import type { BoundHead } from "../src/heads/bind-head";
import type { HookedTransformer } from "../src/model/hooked-transformer";
import { randomStream } from "../src/stats/random-stream";
import { onBothModels } from "./both-models";
import { matrixRate } from "./matrix-rate";
import { type Measurement, measurement, seconds } from "./measurement";
import { randomHead } from "./random-head";

/** Held-out texts, of 8 to 40 random tokens. */
const TEXTS = 300;

/** @param folder of the random GPT-2 of 124 million parameters */
export async function* auditing(folder: string): AsyncGenerator<Measurement> {
  yield* onBothModels(folder, ofModel);
}

async function* ofModel(
  model: HookedTransformer,
  name: string,
  layer: number,
): AsyncGenerator<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), "tslens-bench-"));
  try {
    const heads: BoundHead[] = [];
    for (const target_neuron of [5, 6]) {
      const target = { layer_type: "mlp_out", target_layer: layer, target_neuron } as const;
      const path = await randomHead(join(folder, `${target_neuron}`), model.cfg.d_model, target);
      heads.push(await openHead(path, { base: model }));
    }
    const stream = randomStream(0, "bench texts");
    const texts = Array.from({ length: TEXTS }, () =>
      Array.from({ length: stream.integer(8, 40) }, () => stream.integer(0, model.cfg.d_vocab - 1)),
    );
    const options = { texts, progress: null };
    const rate = matrixRate(model);
    const timed = async (count: number) => {
      await rate.breathe();
      return seconds(async () => {
        for (const audited of await analyzeAudits(heads.slice(0, count), options)) {
          if (audited.status === "rejected") throw audited.reason;
        }
      });
    };
    // A process's first audit takes longer; beside one that takes minutes that is little.
    if (model.cfg.n_layers < 12) await timed(1);
    const [one, two] = [await timed(1), await timed(2)];
    await rate.breathe();
    const products = auditOperations(heads[0]) / rate.flopsPerSecond;
    rate.done();
    const where = `mlp_out ${layer} of ${name}, ${TEXTS} texts`;
    yield measurement(`an audit, ${where}`, [one], "seconds", "this machine, once");
    yield measurement(
      ...([`an audit, ${where}`, [one / products], "× time"] as const),
      "the matrix products of its patched runs",
    );
    yield measurement(
      ...([`a further head, ${where}`, [(two - one) / one], "× time"] as const),
      "an audit of one head",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
