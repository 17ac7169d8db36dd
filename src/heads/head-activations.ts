import { erf } from "cephes";
import type { HeadActivation } from "./head-config";

/** Activation functions of a head's hidden layer, as in PyTorch; `gelu` is the exact one, x·Φ(x). */
export const headActivations: Record<HeadActivation, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  silu: (x) => x / (1 + Math.exp(-x)),
};
