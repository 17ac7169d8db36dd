import type { BoundHead } from "../heads/bind-head";
import type { HeadFiles } from "../heads/load-head";
import { keyValueHeads, type ModelConfig } from "../model/config";
import { titleOf } from "../model/families/families";
import type { HookedTransformer } from "../model/hooked-transformer";
import { getWeight, mlpNeuronWeights, weightNames } from "../model/named-weights";
import { vectorStatistics } from "../stats/vector-statistics";
import type { Cell, Fact } from "../text/cell";
import { withoutRounding } from "../text/format-number";
import { headed } from "../text/headed";

/** A head's configuration in words, for a table. */
export function describeHead({ config, directory }: HeadFiles): Fact[] {
  const hidden = config.headType === "token" ? null : config.head.hidden;
  const facts: [string, unknown][] = [
    ["folder", directory],
    ["head type", config.headType],
    ["hidden layer", hidden ? `${hidden.dim} units, ${hidden.activation}` : "none"],
    ["predicts", `${config.layerType}, layer ${config.targetLayer}, neuron ${config.targetNeuron}`],
    ["at token", config.tokenPos],
    ["reads", `resid_post of layer ${config.featureLayer}`],
    ["base model", config.baseModelName ?? "not recorded"],
    ["d_model", config.dModel],
  ];
  if (config.headType === "regression") facts.push(["output scale", config.head.outputScale]);
  if (config.headType === "classification") {
    facts.push(["classes", config.head.numClasses], ["bin edges", rounded(config.binEdges)]);
  }
  if (config.headType === "token") {
    facts.push(["digit tokens", config.head.digitTokens ?? "from the base model's tokenizer"]);
  }
  if (config.activationMean !== null) facts.push(["activation mean", config.activationMean]);
  if (config.activationStd !== null) facts.push(["activation std", config.activationStd]);
  return facts.map(([name, value]) => ({ name, value: factValue(value) }));
}

/** A number that was measured is rounded, one that was chosen or counted is not. */
function factValue(value: unknown): Cell {
  return typeof value === "number" && !Number.isInteger(value) ? value : String(value);
}

/** The base model and the target in it, for a table. */
export function describeModel({ model, hook, index, files }: BoundHead): Fact[] {
  const { cfg } = model;
  const facts: [string, unknown][] = [
    ["base model", model.name],
    ...blockFacts(cfg),
    ["engine", model.engine.description],
    ["layers", cfg.n_layers],
    ["heads per layer", cfg.n_heads],
    ["d_model", cfg.d_model],
    ["d_mlp", cfg.d_mlp],
    ["context", `${cfg.n_ctx} tokens`],
    ["vocabulary", `${cfg.d_vocab} tokens`],
    ["target activation", `${hook}[…, ${index}]`],
    ["target layer", files.config.targetLayer],
    ["target neuron", files.config.targetNeuron],
  ];
  return facts.map(([name, value]) => ({ name, value: String(value) }));
}

/** What a block is, where it is not GPT-2's. */
function blockFacts(cfg: ModelConfig): [string, unknown][] {
  const { model_type, normalization_type, positional_embedding_type, window_size } = cfg;
  if (model_type === "gpt2") return [];
  const norms = cfg.use_normalization_before_and_after
    ? "before and behind each part"
    : "before each part";
  const local = cfg.attn_types?.filter((type) => type === "local").length ?? 0;
  return [
    ["family", titleOf(cfg)],
    ["norms", `${normalization_type === "RMS" ? "RMS norm" : "layer norm"}, ${norms}`],
    ["positions", positional_embedding_type === "rotary" ? "rotary" : "learned"],
    ["attention and MLP", cfg.parallel_attn_mlp ? "parallel" : "one after the other"],
    ["MLP", `${cfg.gated_mlp ? "gated, " : ""}${cfg.act_fn}`],
    ["key/value heads per layer", keyValueHeads(cfg)],
    ...(local > 0
      ? [["layers with a sliding window", `${local}, of ${window_size} tokens`] as const]
      : []),
  ] as [string, unknown][];
}

/** A tensor in a table. */
export interface TensorRow {
  readonly name: string;
  readonly shape: string;
  readonly mean: number | null;
  readonly std: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** The head's own tensors. A token head has none. */
export function listHeadTensors({ tensors }: HeadFiles): TensorRow[] {
  return tensorTable([...tensors].map(([name, { shape, data }]) => tensorRow(name, shape, data)));
}

/** The weights of one layer's MLP, under TransformerLens's names. */
export function listMlpWeights(model: HookedTransformer, layer: number): TensorRow[] {
  const names = weightNames(model).filter((name) => name.startsWith(`blocks.${layer}.mlp.`));
  return tensorTable(
    names.map((name) => {
      const weight = getWeight(model, name);
      const row = tensorRow(name, weight.shape, weight.dataSync());
      weight.dispose();
      return row;
    }),
  );
}

/** Hidden neuron n of the target layer: what it reads and writes. Empty where there is no such neuron. */
export function listNeuronWeights({ model, files }: BoundHead): TensorRow[] {
  const { targetLayer: layer, targetNeuron: neuron } = files.config;
  if (neuron >= model.cfg.d_mlp) return [];
  const { input, gate, output } = mlpNeuronWeights(model, layer, neuron);
  return tensorTable([
    tensorRow(`W_in[:, ${neuron}]`, [input.length], input),
    ...(gate ? [tensorRow(`W_gate[:, ${neuron}]`, [gate.length], gate)] : []),
    tensorRow(`W_out[${neuron}, :]`, [output.length], output),
  ]);
}

function tensorTable(rows: TensorRow[]): TensorRow[] {
  return headed(rows, {
    ...{ std: "standard deviation", min: "smallest", max: "largest" },
  });
}

function tensorRow(name: string, shape: readonly number[], data: ArrayLike<number>): TensorRow {
  const { mean, std, min, max } = vectorStatistics(data);
  return {
    ...{ name, shape: `[${shape.join(", ")}]` },
    ...{ mean: withoutRounding(mean, std), std, min, max },
  };
}

function rounded(values: readonly number[] | null): string {
  return values ? values.map((value) => Number(value.toPrecision(4))).join(", ") : "none";
}
