/** Running a GPT-2 of 124 million parameters: memory of a forward, and what parts of one cost. */
import { HookedTransformer } from "../src/model/hooked-transformer";
import { KeyValueCache } from "../src/model/key-value-cache";
import { randomStream } from "../src/stats/random-stream";
import { type Measurement, measurement, seconds } from "./measurement";
import { memoryPeak, settledMemory } from "./memory-peak";
import { isQuick } from "./quick";

const RUNS = isQuick ? 2 : 7;
const PLAIN = "a plain forward";

export async function running(folder: string): Promise<Measurement[]> {
  const model = await HookedTransformer.fromPretrained(folder);
  const stream = randomStream(0, "bench tokens");
  const batch = (rows: number, length: number) =>
    Array.from({ length: rows }, () =>
      Array.from({ length }, () => stream.integer(0, model.cfg.d_vocab - 1)),
    );
  const large = batch(16, 128);
  const one = batch(1, 128);
  model.forward(one, { returnType: null });

  const before = await settledMemory();
  const peaks: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const peak = await memoryPeak(() => model.forward(large).dispose());
    peaks.push((peak - before) / 1e9);
  }

  const layers = Array.from({ length: model.cfg.n_layers }, (_, layer) => layer);
  const residual = model.forward(one, { stopAtLayer: 6 });
  const past = new KeyValueCache(model);
  model.forward(one[0].slice(0, -1), { pastKvCache: past, returnType: null });
  past.freeze();
  const variants: [name: string, run: () => void][] = [
    ["1×128, every activation kept", () => kept(model, one)],
    [
      "1×128, a hook on every layer",
      () =>
        model
          .runWithHooks(one, { fwdHooks: layers.map((layer) => [["post", layer], () => {}]) })
          .dispose(),
    ],
    ["1×128, up to layer 6", () => model.forward(one, { stopAtLayer: 6 }).dispose()],
    ["1×128, from layer 6 on", () => model.forward(residual, { startAtLayer: 6 }).dispose()],
    [
      "1×128, the last token on cached keys and values",
      () => model.forward(one[0].slice(-1), { pastKvCache: past }).dispose(),
    ],
    [
      "2×128, one of them padded on the left",
      () => model.forward([one[0], [1]], { paddingSide: "left" }).dispose(),
    ],
  ];
  const results: Measurement[] = [
    measurement("peak of a forward of 16×128", peaks, "GB above", "the settled weights"),
  ];
  for (const [name, run] of variants) {
    const ratios: number[] = [];
    run();
    for (let i = 0; i < RUNS; i++) {
      const plain = await seconds(() => model.forward(one).dispose());
      ratios.push((await seconds(run)) / plain);
    }
    results.push(measurement(name, ratios, "× time", `${PLAIN} of 1×128`));
  }
  residual.dispose();
  past.dispose();
  model.dispose();
  return results;
}

function kept(model: HookedTransformer, tokens: readonly (readonly number[])[]): void {
  const [logits, cache] = model.runWithCache(tokens);
  logits.dispose();
  cache.dispose();
}
