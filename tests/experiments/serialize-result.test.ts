import assert from "node:assert/strict";
import { test } from "node:test";
import { ResultError } from "../../src/errors";
import { serializeResult } from "../../src/experiments/serialize-result";
import { exampleLinearWeights, examplePatching } from "./example-results";

// The keys that the Python scripts read, from SPEC section 7.
const LINEAR_CONTRACT =
  "model_path, head_type, target_layer, target_neuron, sim_with_input, sim_with_output, random_baseline_mean, z_score_input, z_score_output, timestamp";
const PATCHING_CONTRACT =
  "model_path, head_type, target_layer, target_neuron, baseline_correlation, slope, intercept, r_squared, scale_factors, avg_act_changes, avg_pred_changes, timestamp";

function refusal(name: string, at: string, why: RegExp) {
  return (error: Error) => {
    assert.ok(error instanceof ResultError);
    assert.ok(
      error.message.startsWith(`the ${name} result is not valid at ${at}: `),
      `message: ${error.message}`,
    );
    assert.match(error.message, why);
    return true;
  };
}

test("the contract's keys come first, in its order", () => {
  const linear = JSON.parse(serializeResult("linear_weights_analysis", exampleLinearWeights()));
  assert.equal(Object.keys(linear).slice(0, 10).join(", "), LINEAR_CONTRACT);
  const patching = JSON.parse(serializeResult("activation_patching", examplePatching()));
  assert.equal(Object.keys(patching).slice(0, 12).join(", "), PATCHING_CONTRACT);
});

test("the text reads back to the same result", () => {
  const linear = exampleLinearWeights();
  assert.deepEqual(JSON.parse(serializeResult("linear_weights_analysis", linear)), linear);
  const patching = examplePatching();
  assert.deepEqual(JSON.parse(serializeResult("activation_patching", patching)), patching);
});

test("two spaces, a newline at the end, and the same bytes whatever the order of keys", () => {
  const result = examplePatching();
  const text = serializeResult("activation_patching", result);
  assert.ok(text.startsWith('{\n  "model_path": '));
  assert.ok(text.endsWith("\n}\n"));
  const turned = Object.fromEntries(Object.entries(result).reverse()) as typeof result;
  assert.equal(serializeResult("activation_patching", turned), text);
});

test("NaN and infinities are refused wherever they are, by path", () => {
  assert.throws(
    () => serializeResult("linear_weights_analysis", exampleLinearWeights({ z_score_input: NaN })),
    refusal("linear_weights_analysis", "z_score_input", /found NaN/),
  );
  assert.throws(
    () =>
      serializeResult(
        "linear_weights_analysis",
        exampleLinearWeights({ linear_weights: [0, Number.POSITIVE_INFINITY] }),
      ),
    refusal("linear_weights_analysis", "linear_weights[1]", /found Infinity/),
  );
  assert.throws(
    () =>
      serializeResult(
        "linear_weights_analysis",
        exampleLinearWeights({ similarities: { x: NaN } }),
      ),
    refusal("linear_weights_analysis", "similarities.x", /found NaN/),
  );
  const pca = { ...exampleLinearWeights().pca, explained_variance_ratio: [NaN, NaN] as const };
  assert.throws(
    () => serializeResult("linear_weights_analysis", exampleLinearWeights({ pca } as object)),
    refusal("linear_weights_analysis", "pca.explained_variance_ratio", /two finite numbers/),
  );
  const scaling = structuredClone(examplePatching().scaling) as unknown as {
    activation: number[];
  }[];
  scaling[1]!.activation[0] = NaN;
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ scaling } as object)),
    refusal("activation_patching", "scaling[1].activation[0]", /found NaN/),
  );
});

test("every number of both results is guarded", () => {
  const replaced = (value: unknown, path: string): [string, unknown][] => {
    if (typeof value === "number") return [[path, NaN]];
    if (value === null || typeof value !== "object") return [];
    return Object.entries(value).flatMap(([key, inner]) =>
      replaced(inner, `${path}/${key}`).map(([where, broken]): [string, unknown] => [
        where,
        Array.isArray(value)
          ? Object.assign([...value], { [key]: broken })
          : { ...value, [key]: broken },
      ]),
    );
  };
  const examples = {
    linear_weights_analysis: exampleLinearWeights(),
    activation_patching: examplePatching(),
  };
  for (const name of ["linear_weights_analysis", "activation_patching"] as const) {
    const broken = replaced(examples[name], "");
    assert.ok(broken.length > 30);
    for (const [where, result] of broken) {
      assert.throws(() => serializeResult(name, result as never), ResultError, where);
    }
  }
});

test("missing, unknown and mistyped keys are refused by name", () => {
  const { hook: _, ...withoutHook } = examplePatching();
  assert.throws(
    () => serializeResult("activation_patching", withoutHook as never),
    refusal("activation_patching", "hook", /expected string, found nothing/),
  );
  assert.throws(
    () => serializeResult("activation_patching", { ...examplePatching(), rsquared: 1 } as never),
    refusal("activation_patching", "its top", /Unrecognized key: "rsquared"/),
  );
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ timestamp: "yesterday" })),
    refusal("activation_patching", "timestamp", /ISO datetime/),
  );
  assert.throws(
    () => serializeResult("activation_patching", undefined as never),
    refusal("activation_patching", "its top", /found nothing/),
  );
  assert.throws(
    () =>
      serializeResult(
        "linear_weights_analysis",
        exampleLinearWeights({ linear_weights: new Float32Array(2) as never }),
      ),
    refusal("linear_weights_analysis", "linear_weights", /expected array/),
  );
});

test("several problems: the first one, and how many more", () => {
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ slope: NaN, hook: "" })),
    refusal("activation_patching", "slope", /\(and 1 more\)$/),
  );
});

test("lists that belong together have one length", () => {
  assert.throws(
    () => serializeResult("linear_weights_analysis", exampleLinearWeights({ d_model: 3 })),
    refusal("linear_weights_analysis", "linear_weights", /expected 3 entries .* found 2/),
  );
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ per_input: [] })),
    refusal("activation_patching", "per_input", /one for each prompt/),
  );
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ avg_act_changes: [0] })),
    refusal("activation_patching", "avg_act_changes", /one for each scale factor/),
  );
  const experiments = [{ patch: ["set", 0] as const, activation: [0, 0], prediction: [1] }];
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ experiments })),
    refusal("activation_patching", "experiments[0].prediction", /one for each prompt/),
  );
});

test("numbers that stand in two places agree", () => {
  assert.throws(
    () =>
      serializeResult("linear_weights_analysis", exampleLinearWeights({ random_baseline_mean: 0 })),
    refusal(
      "linear_weights_analysis",
      "random_baseline_mean",
      /expected 0.001, as random_baseline/,
    ),
  );
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ slope: null })),
    refusal("activation_patching", "slope", /expected 0.5, as regression.slope says, found null/),
  );
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ scale_factors: [0, 3] })),
    refusal(
      "activation_patching",
      "scaling[1].patch",
      /expected \["scale", 3\], (?:found|received)/,
    ),
  );
});

test("a position lies inside its prompt", () => {
  const prompts = [{ text: null, tokens: [1, 2], position: 2 }, examplePatching().prompts[1]!];
  assert.throws(
    () => serializeResult("activation_patching", examplePatching({ prompts })),
    refusal("activation_patching", "prompts[0].position", /less than 2/),
  );
});

test("a target without MLP weights has null there and fewer points", () => {
  const example = exampleLinearWeights();
  const changes = {
    stats: { ...example.stats, mlp_in: null, mlp_out: null },
    pca: { points: [[0, 0] as [number, number]], explained_variance_ratio: [null, null] as const },
  } as object;
  const text = serializeResult("linear_weights_analysis", exampleLinearWeights(changes));
  assert.deepEqual(JSON.parse(text).pca.explained_variance_ratio, [null, null]);
});
