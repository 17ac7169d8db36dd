/** Evaluates the bundled model and writes its model card: `npx tsx scripts/base-model/write-model-card.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { bigramLoss, unigramLoss } from "./n-gram-loss";
import { CONTEXT_LENGTH, config, MODEL_FOLDER, training } from "./settings";
import { bundledTokenizer, tokenStream } from "./token-stream";
import { type LogEntry, readLog } from "./training-state";

const SAMPLE_PROMPTS = [
  "Once upon a time there was a",
  "The old king said",
  "In the morning the sun",
];
const SAMPLE_TOKENS = 60;
const TOP_K = 40;
const TEMPERATURE = 0.8;
const ROWS = 16;
/** The table of the training shows every so many steps. */
const TABLE_STEP = 500;

async function main(): Promise<void> {
  const tokenizer = await bundledTokenizer();
  const train = tokenStream("train", tokenizer);
  const heldOut = tokenStream("valid", tokenizer);
  const model = await HookedTransformer.fromPretrained(MODEL_FOLDER);
  const losses = {
    model: heldOutLoss(model, heldOut),
    bigram: bigramLoss(train, heldOut, config.d_vocab),
    unigram: unigramLoss(train, heldOut, config.d_vocab),
  };
  const samples = SAMPLE_PROMPTS.map((prompt, seed) =>
    model.generate(prompt, {
      maxNewTokens: SAMPLE_TOKENS,
      doSample: true,
      temperature: TEMPERATURE,
      topK: TOP_K,
      seed,
    }),
  );
  const log = readLog();
  const card = modelCard({ losses, samples, log, train: train.length, heldOut: heldOut.length });
  writeFileSync(join(MODEL_FOLDER, "README.md"), card);
  console.log(losses);
  console.log(samples.join("\n---\n"));
}

/** Mean loss of the model over the held-out text in windows one after the other. */
function heldOutLoss(model: HookedTransformer, text: Int32Array): number {
  const windows: number[][] = [];
  for (let start = 0; start + CONTEXT_LENGTH <= text.length; start += CONTEXT_LENGTH) {
    windows.push(Array.from(text.subarray(start, start + CONTEXT_LENGTH)));
  }
  let sum = 0;
  for (let first = 0; first < windows.length; first += ROWS) {
    const batch = windows.slice(first, first + ROWS);
    const loss = model.forward(batch, { returnType: "loss" });
    sum += loss.dataSync()[0] * batch.length;
    loss.dispose();
  }
  return sum / windows.length;
}

interface CardFacts {
  readonly losses: Readonly<Record<"model" | "bigram" | "unigram", number>>;
  readonly samples: readonly string[];
  readonly log: readonly LogEntry[];
  readonly train: number;
  readonly heldOut: number;
}

function modelCard({ losses, samples, log, train, heldOut }: CardFacts): string {
  const { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab } = config;
  const { steps, batchSize, seed } = training;
  const seen = steps * batchSize * CONTEXT_LENGTH;
  const rows = log
    .filter(({ step }) => step % TABLE_STEP === 0 || step === steps)
    .map(
      ({ step, trainLoss, validationLoss }) =>
        `| ${step} | ${trainLoss.toFixed(3)} | ${validationLoss.toFixed(3)} |`,
    );
  return `---
license: mit
language: en
---
# tiny-gpt2

A small GPT-2 that comes with tslens, so that both notebooks run without a network. It writes simple English in the manner of old children's books, and nothing it says is to be relied on.

| | |
|---|---|
| architecture | GPT-2: ${n_layers} layers, d_model ${d_model}, ${n_heads} heads, d_mlp ${d_mlp}, context ${n_ctx}, tied embeddings |
| vocabulary | ${d_vocab} tokens, byte-level BPE learned on the training text; the digits 0–9 are ids 15–24, as in GPT-2 |
| corpus | 42 public-domain books (\`scripts/corpus/SOURCES.md\`), ${train.toLocaleString("en")} tokens to train on, ${heldOut.toLocaleString("en")} held out (whole paragraphs) |
| training | ${steps.toLocaleString("en")} steps of ${batchSize} windows of ${CONTEXT_LENGTH} tokens (${(seen / 1e6).toFixed(1)} million tokens, ${(seen / train).toFixed(1)} times the corpus), Adam, cosine schedule, seed ${seed}, no dropout |
| made with | tslens's own forward pass under automatic differentiation (\`scripts/base-model/\`) |

## How well it predicts

Mean loss on the held-out text, in nats per token. The n-gram models are counted on the same training tokens; the bigram is mixed with the unigram in the share that suits it best.

| model | loss | perplexity |
|---|---|---|
| **tiny-gpt2** | **${losses.model.toFixed(3)}** | **${Math.exp(losses.model).toFixed(1)}** |
| bigram | ${losses.bigram.toFixed(3)} | ${Math.exp(losses.bigram).toFixed(1)} |
| unigram | ${losses.unigram.toFixed(3)} | ${Math.exp(losses.unigram).toFixed(1)} |

The loss while training (the held-out column on the first ${training.validationWindows} windows of the held-out text):

| step | training loss | held-out loss |
|---|---|---|
${rows.join("\n")}

## What it writes

Sampled with temperature ${TEMPERATURE} from the ${TOP_K} most probable tokens, seeds 0, 1 and 2.

${samples.map((sample) => `> ${sample.trim().replace(/\n/g, "\n> ")}`).join("\n\n")}

## Making it again

\`\`\`
npx tsx scripts/base-model/train-tokenizer.ts
npx tsx scripts/base-model/train.ts
npx tsx scripts/base-model/export.ts
npx tsx scripts/base-model/write-model-card.ts
\`\`\`

Training takes about an hour on two cores and goes on where it stopped. The text and its order are the same in every run; sums in native TensorFlow are not promised to be, so the weights agree closely rather than bit for bit.
`;
}

main();
