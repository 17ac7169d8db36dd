import type { Standardisation } from "./feature-rows";
import type { HeadTensors } from "./train-by-gradient";

/** output = mean + scale · (what the head was trained to give), and the head multiplies by `outputScale` itself. */
export interface OutputUnits {
  readonly mean: number;
  readonly scale: number;
  readonly outputScale: number;
}

/** Outputs that are left as they are, such as the logits of classes. */
export const SAME_UNITS: OutputUnits = { mean: 0, scale: 1, outputScale: 1 };

/**
 * Turns a head for standardised features into one for the features themselves: w·(x − μ)/σ + b is
 * (w/σ)·x + (b − (w/σ)·μ). The output layer takes on the target's units in the same way.
 */
export function unstandardised(
  tensors: HeadTensors,
  { mean, scale }: Standardisation,
  units: OutputUnits,
): HeadTensors {
  const result: HeadTensors = new Map(
    [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
  const first = result.has("hidden.weight") ? "hidden" : "output";
  const weight = result.get(`${first}.weight`)!.data;
  const bias = result.get(`${first}.bias`)!.data;
  const inputs = mean.length;
  for (let output = 0; output < bias.length; output++) {
    let shift = 0;
    for (let i = 0, at = output * inputs; i < inputs; i++, at++) {
      const perUnit = weight[at] / scale[i];
      shift += perUnit * mean[i];
      weight[at] = perUnit;
    }
    bias[output] -= shift;
  }
  const factor = units.scale / units.outputScale;
  const outputWeight = result.get("output.weight")!.data;
  const outputBias = result.get("output.bias")!.data;
  for (let i = 0; i < outputWeight.length; i++) outputWeight[i] *= factor;
  for (let i = 0; i < outputBias.length; i++) {
    outputBias[i] = outputBias[i] * factor + units.mean / units.outputScale;
  }
  return result;
}
