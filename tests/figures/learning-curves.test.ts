import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FigureError } from "../../src/errors";
import { learningCurvesFigure } from "../../src/figures/learning-curves";

function metricsOf(run: string) {
  const file = join(__dirname, "..", "..", "models", run, "training_metrics.json");
  return JSON.parse(readFileSync(file, "utf8"));
}

test("a head trained by steps shows both losses and its best epoch", () => {
  const metrics = metricsOf("neuron_l2_n282_20261122_120100");
  const { data } = learningCurvesFigure(metrics);
  assert.deepEqual(
    data.map(({ name }) => name),
    ["training texts", "validation texts", "best epoch"],
  );
  assert.deepEqual(data[1].y, metrics.val_loss);
  assert.deepEqual(data[2].y, [Math.min(...metrics.val_loss)]);
});

test("a head solved in closed form shows how its penalty was chosen", () => {
  const metrics = metricsOf("neuron_l2_n52_20261122_120000");
  const { data, layout } = learningCurvesFigure(metrics);
  assert.equal((layout.xaxis as { type: string }).type, "log");
  assert.deepEqual(data[1].x, [metrics.ridge.penalty]);
});

test("what was not trained, or diverged, is refused", () => {
  assert.throws(
    () => learningCurvesFigure(metricsOf("neuron_l3_n26_20261122_120300")),
    FigureError,
  );
  const diverged = { train_loss: [1, Number.NaN], val_loss: [1, 1], best_epoch: 1 };
  assert.throws(() => learningCurvesFigure(diverged), /training texts.*found NaN at position 1/);
});
