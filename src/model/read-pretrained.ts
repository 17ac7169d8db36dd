import { resolve } from "node:path";
import { openModelFolder } from "../checkpoints/model-folder";
import { ReadFiles } from "../checkpoints/read-files";
import { loadEngine } from "../tensors/engine";
import { modelConfig } from "./families/model-config";
import { loadWeights } from "./load-weights";
import { locateModel } from "./locate-model";
import { requireMemory } from "./memory-need";
import type { ModelParts } from "./model-parts";
import { openTokenizer } from "./tokenizer";
import { tokenizerFiles } from "./tokenizer/tokenizer-files";
import { tokenizerFit } from "./tokenizer-fit";
import type { WeightProcessing } from "./weight-processing";

/** Reads a model from its folder, found by path or by name; what `HookedTransformer.fromPretrained` does. */
export async function readPretrained(
  name: string,
  processing: WeightProcessing,
  { revision, hashFiles = false }: { readonly revision?: string; readonly hashFiles?: boolean },
): Promise<ModelParts> {
  const folder = resolve(await locateModel(name, { revision }));
  const engine = await loadEngine();
  const inFolder = ReadFiles.in(folder);
  const { config, tensors, files: ofModel, warnings } = await openModelFolder(folder);
  try {
    const cfg = modelConfig(config, ofModel[0]);
    requireMemory(cfg, ofModel[0]);
    const files = inFolder.only([...ofModel, ...tokenizerFiles(folder)]);
    if (hashFiles) files.startHashing();
    const opened = await openTokenizer(folder);
    const fit = opened.tokenizer ? tokenizerFit(opened.tokenizer, cfg, folder) : [];
    const loaded = loadWeights(tensors, cfg, processing);
    return {
      cfg,
      weights: loaded.weights,
      ...opened,
      processing,
      name,
      folder,
      files,
      warnings: [...warnings, ...fit, ...loaded.warnings],
      engine,
    };
  } finally {
    tensors.close();
  }
}
