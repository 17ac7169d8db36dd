import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_PROCESSING, type WeightProcessing } from "../../src/model/weight-processing";
import { randomStream } from "../../src/stats/random-stream";
import { KINDS, randomFamilyModel } from "../patching/random-family";
import { plainWeights, type Rules, straightForward } from "../patching/straight-forward";

const SWITCHES: readonly Partial<WeightProcessing>[] = [
  {},
  { foldLn: false },
  { centerWritingWeights: false },
  { centerUnembed: false },
  { foldValueBiases: false },
  { ...NO_PROCESSING, foldValueBiases: true },
  { ...NO_PROCESSING, foldLn: true },
];

/** Weights that are processed are the same model: the float64 model says the same of both. */
describe("weight processing changes no prediction", () => {
  for (const kind of KINDS) {
    it(`of ${kind.name}`, async () => {
      const plain = await runOf(NO_PROCESSING);
      for (const processing of SWITCHES) {
        const processed = await runOf(processing);
        plain.logProbs.forEach((value, i) => {
          const error = Math.abs(processed.logProbs[i] - value);
          assert.ok(error < 1e-4, `${JSON.stringify(processing)}: ${i} is off by ${error}`);
        });
      }

      async function runOf(processing: Partial<WeightProcessing>) {
        const { model, rules } = await randomFamilyModel(kind, 7, processing);
        const random = randomStream(3, `processing ${kind.name}`);
        const tokens = Array.from({ length: 12 }, () => random.integer(0, rules.d_vocab - 1));
        const { data } = straightForward(rules, plainWeights(model), tokens).get("logits")!;
        model.dispose();
        return { logProbs: logSoftmax(data, rules) };
      }
    });
  }
});

function logSoftmax(logits: Float64Array<ArrayBufferLike>, { d_vocab }: Rules): number[] {
  return [...logits].map((logit, i) => {
    const row = logits.subarray(i - (i % d_vocab), i - (i % d_vocab) + d_vocab);
    const largest = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return logit - largest - Math.log(total);
  });
}
