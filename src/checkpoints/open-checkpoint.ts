import { openSafetensors } from "./safetensors-reader";
import type { TensorSource } from "./tensor-source";

/** Opens a tensor file of any kind that tslens reads. */
export async function openCheckpoint(path: string): Promise<TensorSource> {
  return openSafetensors(path);
}
