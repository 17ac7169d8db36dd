import type { TokenizerFiles } from "./tokenizer-files";

/** Which of transformers' classes a tokenizer is of: one that is built in its own way, or what tokenizer.json says. */
export type TokenizerClass = "gpt2" | "bert" | "as written";

/** Classes whose tokenizer is made of the vocabulary and settings alone. */
const CLASSES: Readonly<Record<string, TokenizerClass>> = {
  GPT2Tokenizer: "gpt2",
  CodeGenTokenizer: "gpt2",
  BertTokenizer: "bert",
  DistilBertTokenizer: "bert",
  ElectraTokenizer: "bert",
  LayoutLMTokenizer: "bert",
  LxmertTokenizer: "bert",
  MobileBertTokenizer: "bert",
  SqueezeBertTokenizer: "bert",
};

/** Models whose tokenizer is GPT-2's where their files name no class. */
const GPT2_MODELS = ["gpt2", "gpt_neo", "codegen", "opt", "phi", "starcoder2"];

export function tokenizerClass({ config, modelConfig }: TokenizerFiles): TokenizerClass {
  const named = config?.value("tokenizer_class") ?? modelConfig?.value("tokenizer_class");
  if (typeof named === "string") {
    const name = named.replace(/Fast$/, "");
    return Object.hasOwn(CLASSES, name) ? CLASSES[name] : "as written";
  }
  const type = modelConfig?.value("model_type");
  return type === undefined || GPT2_MODELS.includes(type as string) ? "gpt2" : "as written";
}
