import { type BoundHead, bindHead } from "../heads/bind-head";
import { parseHeadConfig } from "../heads/head-config";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { HeadTensors } from "./train-by-gradient";

/** A head in memory, as if it had been read from its files. */
export function headInMemory(
  model: HookedTransformer,
  json: object,
  tensors: HeadTensors,
): BoundHead {
  const config = parseHeadConfig(json, "config.json");
  const names = { directory: "", headFile: "head.pt", configFile: "config.json" };
  return bindHead({ ...names, config, tensors, sha256: null, warnings: [] }, model);
}
