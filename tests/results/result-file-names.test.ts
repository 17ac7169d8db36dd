import assert from "node:assert/strict";
import { test } from "node:test";
import { resultFileNames } from "../../src/results/result-file-names";

const subject = { target_layer: 8, target_neuron: 481 };

test("the contract's name first, then the run directory's", () => {
  const names = resultFileNames("linear_weights_analysis", {
    ...subject,
    model_path: "models/neuron_l8_n481_20250422_173314/",
  });
  assert.equal(names[0], "linear_weights_analysis_8_481.json");
  assert.equal(names[1], "linear_weights_analysis_8_481__neuron_l8_n481_20250422_173314.json");
  assert.match(
    names[2],
    /^linear_weights_analysis_8_481__neuron_l8_n481_\d+_\d+__[0-9a-f]{8}\.json$/,
  );
});

test("a folder inside a run is told from the run and from its sibling", () => {
  const second = (model_path: string) =>
    resultFileNames("activation_patching", { ...subject, model_path })[1];
  assert.equal(second("a/run/final_model"), "activation_patching_8_481__run_final_model.json");
  assert.equal(second("a/run/best_model"), "activation_patching_8_481__run_best_model.json");
});

test("the same names in two places differ in the third name", () => {
  const third = (model_path: string) =>
    resultFileNames("activation_patching", { ...subject, model_path })[2];
  assert.notEqual(third("a/run"), third("b/run"));
});

test("no odd characters, no endless names", () => {
  const [, second, third] = resultFileNames("activation_patching", {
    ...subject,
    model_path: `models/my run: ä/${"x".repeat(250)}`,
  });
  assert.ok(Buffer.byteLength(third) < 200);
  assert.match(second, /^[A-Za-z0-9._-]+$/);
});
