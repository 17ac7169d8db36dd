import { parseHeadConfig } from "../../src/heads/head-config";
import type { HeadFiles } from "../../src/heads/load-head";
import { randomStream } from "../../src/stats/random-stream";

export interface LinearHeadOptions {
  readonly layerType: string;
  readonly layer: number;
  readonly neuron: number;
  readonly featureLayer: number;
  readonly d_model: number;
}

/** A linear regression head with seeded weights, as if it had been loaded from a folder. */
export function linearHead({
  layerType,
  layer,
  neuron,
  featureLayer,
  d_model,
}: LinearHeadOptions): {
  files: HeadFiles;
  weights: Float32Array;
} {
  const random = randomStream(7, `${layerType} ${layer} ${neuron}`);
  const weights = Float32Array.from({ length: d_model }, () => random.gaussian());
  const configFile = "made-in-a-test/config.json";
  const config = parseHeadConfig(
    {
      head_type: "regression",
      target_layer: layer,
      target_neuron: neuron,
      layer_type: layerType,
      feature_layer: featureLayer,
      head_config: { input_dim: d_model },
    },
    configFile,
  );
  const tensors = new Map([
    ["output.weight", { dtype: "float32" as const, shape: [1, d_model], data: weights }],
    ["output.bias", { dtype: "float32" as const, shape: [1], data: Float32Array.of(0.25) }],
  ]);
  const files = {
    directory: "made-in-a-test",
    headFile: "made-in-a-test/head.pt",
    configFile,
    config,
    tensors,
    sha256: null,
    warnings: [],
  };
  return { files, weights };
}
