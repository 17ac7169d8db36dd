import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { TslensError } from "../../src/errors";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { KeyValueCache } from "../../src/model/key-value-cache";
import { getWeight } from "../../src/model/named-weights";
import { fixture } from "../golden";

const RUNS = 400;

/** What is no token id of this model, a list or something stranger. */
const junk = fc.oneof(
  fc.constantFrom(undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 20, 1e9, "1", ""),
  fc.constantFrom(true, {}, [], [[]], [[], []], [1, null], [[1], 2], ["", ""], 1n),
  // biome-ignore lint/suspicious/noSparseArray: one of the strange things
  fc.constantFrom([1, , 2], [[1], , [2]], [[1, , 2]]),
  fc.anything({ maxDepth: 2 }),
);
const id = fc.integer({ min: 0, max: 19 });
const ids = fc.array(id, { maxLength: 14 });
const perhaps = <T>(good: fc.Arbitrary<T>) => fc.oneof({ arbitrary: good, weight: 9 }, junk);
const tokens = fc.oneof(perhaps(ids), fc.array(perhaps(ids), { maxLength: 3 }), ids.chain(spoilt));

/** Token ids, one of which may be no token id. */
function spoilt(good: number[]): fc.Arbitrary<unknown> {
  return fc.tuple(fc.nat(13), perhaps(id)).map(([at, value]) => {
    const copy: unknown[] = [...good];
    copy[at] = value;
    return copy;
  });
}

const layer = perhaps(fc.integer({ min: -3, max: 3 }));
const rarely = <T>(option: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 9 }, option);
const options = fc.record({
  returnType: rarely(perhaps(fc.constantFrom("logits", "loss", "both", null))),
  lossPerToken: fc.boolean(),
  stopAtLayer: rarely(layer),
  paddingSide: perhaps(fc.constantFrom("left", "right")),
  attentionMask: rarely(perhaps(fc.array(fc.array(fc.constantFrom(0, 1)), { maxLength: 3 }))),
  tokens: rarely(tokens),
  pastKvCache: perhaps(fc.constant(undefined)),
});
const filter = perhaps(
  fc.oneof(
    fc.constantFrom("hook_embed", "blocks.-1.hook_mlp_out", "mlp_out", "blocks.9.hook_q"),
    fc.constantFrom(
      /resid/,
      /nothing/,
      () => true,
      () => false,
    ),
    fc.tuple(fc.constantFrom("post", "pattern", "scale", "nothing"), layer),
  ),
);

// Whatever is asked for, there is an answer in numbers or an error that says what was wrong with the
// question; and as many tensors as before.
describe("hostile input", () => {
  let model: HookedTransformer;
  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("gpt2-variants", "plain"));
  });
  after(() => model.dispose());

  /** Whether it was not refused. */
  function isFiniteOrRefused(run: () => unknown): boolean {
    let isAnswered = true;
    const before = tf.memory().numTensors;
    const result = tf.tidy(() => {
      try {
        return collect(run()) as unknown as tf.TensorContainer;
      } catch (error) {
        if (!(error instanceof TslensError)) throw error;
        assert.doesNotMatch(error.message, /[\n\r]/);
        isAnswered = false;
        return [];
      }
    }) as tf.Tensor[];
    for (const tensor of result) {
      assert.ok(tensor.dataSync().every(Number.isFinite), "a result that is no number");
    }
    tf.dispose(result);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
    return isAnswered;
  }

  /** The tensors of a result. */
  function collect(value: unknown): tf.Tensor[] {
    if (value instanceof tf.Tensor) return [value];
    if (typeof value !== "object" || value === null) return [];
    return Object.values(value).flatMap(collect);
  }

  function property<T>(arbitrary: fc.Arbitrary<T>, run: (value: T) => unknown): void {
    let answered = 0;
    const check = fc.property(arbitrary, (value) => {
      if (isFiniteOrRefused(() => run(value))) answered++;
    });
    fc.assert(check, { numRuns: RUNS, seed: 7 });
    assert.ok(answered > RUNS / 50 && answered < RUNS, `${answered} of ${RUNS} were answered`);
  }

  it("forward", () => {
    property(fc.tuple(tokens, options, rarely(layer)), ([input, given, startAtLayer]) =>
      model.forward(input as never, { ...given, startAtLayer } as never),
    );
  });

  it("a residual stream", () => {
    const size = fc.constantFrom(0, 1, 2, 8, 13);
    const shape = fc.oneof(
      fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 3, 12, 13), fc.constant(8)),
      fc.array(size, { maxLength: 4 }),
    );
    const value = fc.constantFrom(1, -3.5, Number.NaN, Number.POSITIVE_INFINITY);
    const dtype = fc.constantFrom("float32", "float32", "float32", "int32", "bool");
    const residual = fc.tuple(shape, value, dtype);
    property(fc.tuple(residual, options), ([[sizes, fill, type], given]) =>
      model.forward(tf.fill(sizes as [number], fill, type as "float32"), {
        ...given,
        startAtLayer: 0,
      } as never),
    );
  });

  it("runWithCache, with filters and hooks", () => {
    const hook = fc.tuple(filter, perhaps(fc.constant((value: tf.Tensor) => tf.mul(value, 0.5))));
    const hooks = perhaps(fc.array(perhaps(hook), { maxLength: 2 }));
    property(fc.tuple(ids, filter, hooks), ([input, namesFilter, fwdHooks]) => {
      const [logits, cache] = model.runWithCache(input, { namesFilter, fwdHooks } as never);
      cache.dispose();
      return logits;
    });
  });

  it("what a hook returns", () => {
    const disposed = () => {
      const tensor = tf.zeros([1, 3, 8]);
      tensor.dispose();
      return tensor;
    };
    const hooks: ((value: tf.Tensor) => unknown)[] = [
      disposed,
      (value) => value.dispose(),
      (value) => [value],
      (value) => ({ ...value }),
      (value) => tf.cast(value, "int32"),
      (value) => tf.expandDims(value, 0),
      () => 0.5,
      async () => {},
    ];
    for (const hook of hooks) {
      isFiniteOrRefused(() =>
        model.runWithHooks([1, 2, 3], { fwdHooks: [[["mlp_out", 0], hook as never]] }),
      );
    }
  });

  it("cache methods", () => {
    const [logits, cache] = model.runWithCache([[1, 2, 3]]);
    const slice = perhaps(
      fc.oneof(fc.integer({ min: -4, max: 3 }), fc.record({ start: layer, end: layer })),
    );
    const given = fc.record(
      {
        posSlice: slice,
        batchSlice: slice,
        mlpInput: fc.boolean(),
        applyLn: fc.boolean(),
        inclMid: fc.boolean(),
        inclRemainder: fc.boolean(),
        mode: perhaps(fc.constantFrom("all", "mlp", "attn")),
        incorrectTokens: perhaps(id),
      },
      { requiredKeys: [] },
    );
    property(fc.tuple(perhaps(fc.constantFrom("mlp_out", "scale")), layer), ([name, at]) =>
      tf.clone(cache.get(name as never, at as never)),
    );
    property(fc.tuple(layer, given, perhaps(id)), ([at, how, token]) => [
      ...["accumulatedResid", "decomposeResid", "stackHeadResults", "logitLens"].map((method) => {
        try {
          return cache[method as "logitLens"](at as never, how as never);
        } catch (error) {
          if (!(error instanceof TslensError)) throw error;
          return null;
        }
      }),
      cache.logitAttrs(cache.decomposeResid(), token as never, how as never),
    ]);
    cache.dispose();
    logits.dispose();
  });

  it("generate, tokens, weights", () => {
    const how = fc.record(
      {
        maxNewTokens: perhaps(fc.constantFrom(0, 1, 3)).filter((n) => !((n as number) > 3)),
        doSample: fc.boolean(),
        temperature: perhaps(fc.constantFrom(1, 0.1, 5)),
        topK: perhaps(fc.constantFrom(1, 5, 100)),
        seed: perhaps(fc.integer()),
        stopAtToken: perhaps(id),
        prependBos: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    property(fc.tuple(tokens, how), ([input, given]) => {
      const rows = model.generate(input as never, given as never) as unknown as number[][];
      for (const token of rows.flat()) assert.ok(Number.isInteger(token) && token < 20);
    });
    property(tokens, (input) => model.toTokens(input as never));
    property(tokens, (input) => model.toStrTokens(input as never));
    property(perhaps(fc.constant("unembed.W_U")), (name) => getWeight(model, name as never));
  });

  it("a key/value cache of another model of the same sizes", async () => {
    const other = await HookedTransformer.fromPretrained(model.folder, { foldLn: false });
    const past = new KeyValueCache(other);
    other.forward([1, 2], { pastKvCache: past, returnType: null });
    assert.throws(() => model.forward([3], { pastKvCache: past }), /is of another model/);
    past.dispose();
    other.dispose();
  });
});
