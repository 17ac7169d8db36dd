export { activationCacheFolder } from "./collect-activations";
export { defaultTexts, heldOutTexts } from "./default-texts";
export { type ReadTextsOptions, readTexts, type TextUnit } from "./read-texts";
export { type SamplePrefixesOptions, samplePrefixes } from "./sample-prefixes";
export type { NeuronStatistics } from "./scan-neurons";
export type { GradientSettings } from "./train-by-gradient";
export { type TrainedHead, type TrainedHeads, trainHead, trainHeads } from "./train-head";
export type { TrainHeadOptions, TrainHeadsOptions, TrainingOptions } from "./train-head-options";
export type { TrainingMetrics } from "./training-metrics";
