import { runName } from "../heads/run-folders";
import type { FoundResult } from "./collect-results";

/** A head and what was found of it. */
export interface AnalysedHead {
  /** The training run's name, e.g. `neuron_l2_n52_20261122_120000`. */
  readonly name: string;
  readonly layer: number;
  readonly neuron: number;
  /** The kind of head and of activation, e.g. `regression head, mlp_out`. */
  readonly about: string;
  readonly results: readonly FoundResult[];
}

/** Kinds of result in the order in which they are read; others follow by name. */
const KINDS = ["linear_weights_analysis", "activation_patching", "neuron_sweep"];

/**
 * Results by head, in the order of layers, neurons and names. Results are of one head if layer,
 * neuron, run and weights (SHA-256) are the same; one that does not say its weights goes with the
 * others of its run.
 */
export function analysedHeads(results: readonly FoundResult[]): AnalysedHead[] {
  const heads = new Map<string, FoundResult[]>();
  const saying = results.filter((result) => weightsOf(result) !== undefined);
  for (const result of [...saying, ...results.filter((one) => !saying.includes(one))]) {
    const run = `${placeOf(result)} `;
    const same = [...heads.keys()].find((key) => key.startsWith(run));
    const key = weightsOf(result) === undefined && same ? same : `${run}${weightsOf(result)}`;
    heads.set(key, [...(heads.get(key) ?? []), result]);
  }
  return [...heads.values()]
    .map(headOf)
    .sort(
      (a, b) =>
        a.layer - b.layer ||
        a.neuron - b.neuron ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
}

function weightsOf({ content }: FoundResult): unknown {
  return (content.provenance as { head_sha256?: unknown } | null | undefined)?.head_sha256;
}

function placeOf({ content, file }: FoundResult): string {
  const { model_path, target_layer, target_neuron } = content;
  const run = typeof model_path === "string" ? runName(model_path) : file;
  return `${target_layer} ${target_neuron} ${run}`;
}

function headOf(results: readonly FoundResult[]): AnalysedHead {
  const order = ({ kind }: FoundResult) =>
    KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length;
  const sorted = [...results].sort((a, b) => order(a) - order(b) || (a.file < b.file ? -1 : 1));
  const all = Object.assign({}, ...sorted.map(({ content }) => content).reverse());
  const { model_path, target_layer, target_neuron, head_type, layer_type } = all;
  const kind = typeof head_type === "string" ? [`${head_type} head`] : [];
  return {
    name: typeof model_path === "string" ? runName(model_path) : sorted[0]!.file,
    layer: target_layer,
    neuron: target_neuron,
    about: [...kind, ...(typeof layer_type === "string" ? [layer_type] : [])].join(", "),
    results: sorted,
  };
}
