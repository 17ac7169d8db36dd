import { EXPERIMENTS } from "../experiments/registry";
import { runName } from "../heads/run-folders";
import { shownText } from "../text/shown-text";
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
const KINDS: readonly string[] = EXPERIMENTS.map(({ name }) => name);

/**
 * Results by head, in the order of layers, neurons and names. Results are of one head if layer,
 * neuron, run and weights (SHA-256) are the same; one that does not say its weights goes with the
 * others of its run.
 */
export function analysedHeads(results: readonly FoundResult[]): AnalysedHead[] {
  const heads: { weights: string | undefined; results: FoundResult[] }[] = [];
  const ofPlace = new Map<string, typeof heads>();
  const saying = results.filter((result) => weightsOf(result) !== undefined);
  const silent = results.filter((result) => weightsOf(result) === undefined);
  for (const result of [...saying, ...silent]) {
    const place = placeOf(result);
    const there = ofPlace.get(place) ?? [];
    const weights = weightsOf(result);
    const same = there.find((head) => weights === undefined || head.weights === weights);
    if (same) {
      same.results.push(result);
      continue;
    }
    const head = { weights, results: [result] };
    heads.push(head);
    ofPlace.set(place, [...there, head]);
  }
  return heads
    .map((head) => headOf(head.results))
    .sort(
      (a, b) =>
        a.layer - b.layer ||
        a.neuron - b.neuron ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
}

/** What the first of some results that has it says under a key. */
function saidOf(results: readonly FoundResult[], key: string): unknown {
  return results.find(({ content }) => Object.hasOwn(content, key))?.content[key];
}

function weightsOf({ content }: FoundResult): string | undefined {
  const { head_sha256 } = (content.provenance ?? {}) as { head_sha256?: unknown };
  return typeof head_sha256 === "string" ? head_sha256 : undefined;
}

function placeOf(result: FoundResult): string {
  return JSON.stringify([result.layer, result.neuron, nameOf(result)]);
}

function nameOf({ content: { model_path }, file }: FoundResult): string {
  return typeof model_path === "string" ? runName(model_path) : file;
}

function headOf(results: readonly FoundResult[]): AnalysedHead {
  const order = ({ kind }: FoundResult) =>
    KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length;
  const sorted = [...results].sort((a, b) => order(a) - order(b) || (a.file < b.file ? -1 : 1));
  const [first] = sorted as [FoundResult];
  const kinds = [saidOf(sorted, "head_type"), saidOf(sorted, "layer_type")];
  return {
    name: shownText(nameOf(first)),
    layer: first.layer,
    neuron: first.neuron,
    about: kinds
      .flatMap((kind, i) => (typeof kind === "string" ? [i === 0 ? `${kind} head` : kind] : []))
      .map((text) => shownText(text))
      .join(", "),
    results: sorted,
  };
}
