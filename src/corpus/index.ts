export { type CausalMap, type CausalMapOptions, causalMap } from "./causal-map";
export type { CorpusExample, CorpusExamples, CorpusSummary } from "./corpus-examples";
export { examplesCacheFolder } from "./kept-examples";
export { type TopActivatingOptions, topActivating } from "./top-activating";
