export { type BindHeadOptions, type BoundHead, bindHead } from "./bind-head";
export type { HeadActivation, HeadConfig, HeadType } from "./head-config";
export { type HeadFunction, headFunction } from "./head-function";
export { type LinearWeights, linearWeights } from "./linear-weights";
export { type HeadFiles, loadHead } from "./load-head";
export {
  type MeasuredPrompt,
  type MeasuredPrompts,
  type MeasureOptions,
  type Measurer,
  measurePrompts,
  type Prompt,
  type PromptInput,
} from "./measured-prompts";
export type { HeadRun, RunHeadOptions } from "./run-head";
