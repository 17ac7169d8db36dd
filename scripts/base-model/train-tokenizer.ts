/** Learns the bundled model's tokenizer from the corpus: `npx tsx scripts/base-model/train-tokenizer.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusText } from "./corpus";
import { CONTEXT_LENGTH, MODEL_FOLDER, VOCABULARY_SIZE } from "./settings";
import { tokenizerConfig, tokenizerJson, trainBytePairs } from "./train-bpe";

const vocabulary = trainBytePairs(corpusText("train"), VOCABULARY_SIZE);
mkdirSync(MODEL_FOLDER, { recursive: true });
const write = (name: string, content: object) =>
  writeFileSync(join(MODEL_FOLDER, name), `${JSON.stringify(content, null, 2)}\n`);
write("tokenizer.json", tokenizerJson(vocabulary));
write("tokenizer_config.json", tokenizerConfig(CONTEXT_LENGTH));
console.log(`${Object.keys(vocabulary.vocab).length} tokens written to ${MODEL_FOLDER}`);
