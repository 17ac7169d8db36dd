export type { Dtype, TensorData } from "./dtypes";
export { type ModelFolder, openModelFolder } from "./model-folder";
export { type NamedArray, toFloat32 } from "./named-array";
export { type OpenCheckpointOptions, openCheckpoint } from "./open-checkpoint";
export { openSafetensors } from "./safetensors-reader";
export { writeSafetensors } from "./safetensors-writer";
export type { TensorInfo, TensorSource } from "./tensor-source";
export { writeStateDict } from "./torch-writer";
