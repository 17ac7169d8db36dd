/**
 * Trains the bundled base model: `npx tsx scripts/base-model/train.ts`.
 *
 * The loss is the library's own forward pass under automatic differentiation. Every
 * `checkpointEvery` steps the state is saved; started again, it goes on from there. The windows of
 * a step depend on the seed and the step's number alone, so a resumed run sees the same text.
 */
import * as tf from "@tensorflow/tfjs-core";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { loadEngine } from "../../src/tensors/engine";
import { CONTEXT_LENGTH, config, training } from "./settings";
import { bundledTokenizer, tokenStream } from "./token-stream";
import { initialise, nextTokenLoss, type TrainableGPT2 } from "./trainable-gpt2";
import { appendLog, readState, type SavedTensor, writeState } from "./training-state";

async function main(): Promise<void> {
  // Training multiplies large matrices all the time, where oneDNN is about twice as fast here.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
  console.log((await loadEngine()).description);
  const tokenizer = await bundledTokenizer();
  const text = tokenStream("train", tokenizer);
  const heldOut = tokenStream("valid", tokenizer);
  console.log(`${text.length} tokens to train on, ${heldOut.length} held out`);

  const model = initialise(config, training.seed);
  const optimizer = tf.train.adam(0, training.beta1, training.beta2, training.adamEpsilon);
  let step = await restore(model, optimizer);
  console.log(step > 0 ? `going on after step ${step}` : "starting from fresh weights");

  let lossSum = 0;
  let since = Date.now();
  while (step < training.steps) {
    lossSum += trainStep(model, optimizer, text, step);
    step++;
    if (step % training.checkpointEvery === 0 || step === training.steps) {
      const entry = {
        step,
        trainLoss: lossSum / training.checkpointEvery,
        validationLoss: heldOutLoss(model, heldOut, training.validationWindows),
        secondsPerStep: (Date.now() - since) / 1000 / training.checkpointEvery,
      };
      console.log(JSON.stringify(entry));
      appendLog(entry);
      await save(model, optimizer, step);
      lossSum = 0;
      since = Date.now();
    }
  }
}

/** One step of Adam on a batch of random windows; returns the batch's loss. */
function trainStep(
  model: TrainableGPT2,
  optimizer: tf.AdamOptimizer,
  text: Int32Array,
  step: number,
): number {
  const windows = randomWindows(text, step);
  const { value, grads } = tf.variableGrads(() => nextTokenLoss(model, windows));
  const clipped = clipByGlobalNorm(grads, training.gradientClipNorm);
  // tfjs has no setter for the learning rate of a schedule.
  (optimizer as unknown as { learningRate: number }).learningRate = learningRate(step);
  optimizer.applyGradients(Object.entries(clipped).map(([name, tensor]) => ({ name, tensor })));
  const loss = value.dataSync()[0];
  tf.dispose([windows, value, grads, clipped]);
  return loss;
}

function randomWindows(text: Int32Array, step: number): tf.Tensor2D {
  const random = xoroshiro128plus(training.seed ^ Math.imul(step + 1, 0x9e3779b1));
  const length = CONTEXT_LENGTH + 1;
  const batch = new Int32Array(training.batchSize * length);
  for (let row = 0; row < training.batchSize; row++) {
    const start = uniformInt(random, 0, text.length - length);
    batch.set(text.subarray(start, start + length), row * length);
  }
  return tf.tensor2d(batch, [training.batchSize, length], "int32");
}

/** Linear warm-up, then half a cosine down to the final rate. */
function learningRate(step: number): number {
  const { warmupSteps, steps, peakLearningRate: peak, finalLearningRate: final } = training;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = (step - warmupSteps) / (steps - warmupSteps);
  return final + ((peak - final) * (1 + Math.cos(Math.PI * progress))) / 2;
}

function clipByGlobalNorm(grads: tf.NamedTensorMap, limit: number): tf.NamedTensorMap {
  return tf.tidy(() => {
    const squares = Object.values(grads).map((grad) => tf.sum(tf.square(grad)));
    const norm = tf.sqrt(tf.addN(squares));
    const factor = tf.div(limit, tf.maximum(norm, limit));
    const scaled = Object.entries(grads).map(([name, grad]) => [name, tf.mul(grad, factor)]);
    return Object.fromEntries(scaled) as tf.NamedTensorMap;
  });
}

/** Mean loss of the first `count` windows of the held-out text, one after the other. */
function heldOutLoss(model: TrainableGPT2, text: Int32Array, count: number): number {
  const length = CONTEXT_LENGTH + 1;
  let sum = 0;
  for (let first = 0; first < count; first += training.batchSize) {
    const batch = new Int32Array(training.batchSize * length);
    for (let row = 0; row < training.batchSize; row++) {
      const start = (first + row) * CONTEXT_LENGTH;
      batch.set(text.subarray(start, start + length), row * length);
    }
    sum += tf.tidy(() => {
      const windows = tf.tensor2d(batch, [training.batchSize, length], "int32");
      return nextTokenLoss(model, windows).dataSync()[0];
    });
  }
  return sum / (count / training.batchSize);
}

async function save(model: TrainableGPT2, optimizer: tf.AdamOptimizer, step: number) {
  const saved = (name: string, tensor: tf.Tensor): SavedTensor => ({
    name,
    shape: tensor.shape,
    data: tensor.dataSync<"float32">() as Float32Array,
  });
  writeState({
    step,
    model: Object.entries(model.variables).map(([name, tensor]) => saved(name, tensor)),
    optimizer: (await optimizer.getWeights()).map(({ name, tensor }) => saved(name, tensor)),
  });
}

async function restore(model: TrainableGPT2, optimizer: tf.AdamOptimizer): Promise<number> {
  const state = readState();
  if (!state) return 0;
  for (const { name, shape, data } of state.model) {
    const value = tf.tensor(Float32Array.from(data), shape);
    model.variables[name].assign(value);
    value.dispose();
  }
  await optimizer.setWeights(
    state.optimizer.map(({ name, shape, data }) => ({
      name,
      tensor: tf.tensor(Float32Array.from(data), shape),
    })),
  );
  return state.step;
}

main();
