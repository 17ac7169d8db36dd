import { erf } from "cephes";
import type { HeadActivation } from "./head-config";

/** From here on the error function is 1 in float64; cephes throws an underflow further out. */
const ERF_IS_ONE = 6;

/** Activation functions of a head's hidden layer, as in PyTorch; `gelu` is the exact one, x·Φ(x). */
export const headActivations: Record<HeadActivation, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  gelu: (x) => 0.5 * x * (1 + erf(clamped(x * Math.SQRT1_2))),
  silu: (x) => x / (1 + Math.exp(-x)),
};

function clamped(x: number): number {
  return Math.min(Math.max(x, -ERF_IS_ONE), ERF_IS_ONE);
}

/** Their derivatives; `relu` has 0 at 0, as PyTorch. */
export const headActivationSlopes: Record<HeadActivation, (x: number) => number> = {
  relu: (x) => (x > 0 ? 1 : 0),
  gelu: (x) => 0.5 * (1 + erf(clamped(x * Math.SQRT1_2))) + x * normalDensity(x),
  silu: (x) => {
    const share = 1 / (1 + Math.exp(-x));
    return share * (1 + x * (1 - share));
  },
};

function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}
