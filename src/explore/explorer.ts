/**
 * What the page of `tslens explore` asks, and what it is told: all that it knows of models and heads.
 *
 * Everything is plain JSON, so that it can go through HTTP, or be posted to a worker. Positions count from
 * 0; activations and predictions are in the units of the head's target.
 */

import type { Figure } from "../figures/figure";
import type { FigureSize } from "../figures/template";

/** A figure for a desk and for a phone. */
export type Figures = Readonly<Record<FigureSize, Figure>>;

/** What may be given with every question. A question that is aborted rejects with an `AbortError`. */
export interface Asking {
  readonly signal?: AbortSignal;
}

/** The name of errors that say that nothing answers: ask for `heads()` again until it does. */
export const AWAY = "AwayError";

/** A head that can be opened. */
export interface HeadChoice {
  /** What names it in all that is asked; says nothing of where its files are. */
  readonly id: string;
  /** What a reader calls it. */
  readonly name: string;
}

/** A line of what is known of a head. */
export interface FactLine {
  readonly name: string;
  readonly value: string;
}

/** A head that is open, with its base model. */
export interface OpenedHead extends HeadChoice {
  /** What the head predicts, such as `blocks.2.hook_mlp_out`, and which number of it. */
  readonly hook: string;
  readonly index: number;
  readonly layer: number;
  /** What the prediction is made from, such as `blocks.3.hook_resid_post`. */
  readonly reads: string;
  readonly headType: "regression" | "classification" | "token";
  /** Whether prediction and activation have one unit: not where a class's number is predicted. */
  readonly sharedScale: boolean;
  readonly baseModel: string;
  /** Most tokens of a prompt. */
  readonly context: number;
  /** Whether prompts are texts; without a tokenizer they are token ids, such as `3 14 15`. */
  readonly readsText: boolean;
  /** Numbers of `post` in each layer, which a sweep patches one by one. */
  readonly neuronsPerLayer: number;
  readonly layers: number;
  readonly facts: readonly FactLine[];
  /** What the reader has to know; often empty. */
  readonly warnings: readonly string[];
}

/** A prompt and the head that it is run for. */
export interface PromptRequest {
  readonly head: string;
  readonly text: string;
}

/** A token of a prompt, with what the neuron does there and what the head says. */
export interface ShownToken {
  readonly id: number;
  /** Of a letter that is spread over several tokens, the first has all and the others an empty text. */
  readonly text: string;
  readonly activation: number;
  /** Made from what the head reads at this token. */
  readonly prediction: number;
}

/** A prompt, run. */
export interface PromptRun {
  readonly tokens: readonly ShownToken[];
  /** The position that the head itself measures in this prompt. */
  readonly measured: number;
}

/** A token that is measured: the prompt is read up to it. */
export interface PlaceRequest extends PromptRequest {
  readonly position: number;
}

export const NEURON_PATCHES = ["set", "scale", "add"] as const;

/** What is done to the neuron at that position. */
export interface NeuronPatch {
  readonly kind: (typeof NEURON_PATCHES)[number];
  readonly value: number;
}

export interface PatchRequest extends PlaceRequest, NeuronPatch {}

/** A number without and with the patch. */
export interface CleanAndPatched {
  readonly clean: number;
  readonly patched: number;
}

/** What one part of the model does otherwise at that position since the neuron was patched. */
export interface PartChange {
  readonly layer: number;
  readonly part: "neuron" | "attention" | "mlp";
  /** The activation, by its long name. */
  readonly hook: string;
  /**
   * What the change adds to the prediction, to first order: its product with the prediction's gradient at
   * the unpatched features. Null where the head has no gradient.
   */
  readonly contribution: number | null;
  /** Length of the change over the length of what was there; null where something came and nothing was. */
  readonly relativeChange: number | null;
}

export interface PatchedPlace {
  readonly position: number;
  readonly activation: CleanAndPatched;
  readonly prediction: CleanAndPatched;
  /** In the order of the forward pass, the neuron's own write first; up to what the head reads. */
  readonly parts: readonly PartChange[];
  /** What the contributions leave of the prediction's change; 0 but for rounding where the head is linear. */
  readonly remainder: number | null;
}

/** The prediction at the measured token for each of some values of the neuron. */
export interface DoseCurve {
  readonly values: readonly number[];
  readonly predictions: readonly number[];
  /** The unpatched point. */
  readonly activation: number;
  readonly prediction: number;
}

export interface DoseRequest extends PlaceRequest {
  /** What the neuron is set to, one after the other. */
  readonly values: readonly number[];
}

export interface SweepRequest extends PlaceRequest {
  /** The MLP neurons of the target's layer alone, or of every layer up to what the head reads. */
  readonly layers: "target" | "all";
}

/** A neuron, and by how much the prediction changes without it. */
export interface NeuronEffect {
  readonly layer: number;
  readonly index: number;
  readonly change: number;
}

/** How far a sweep is: each part tells of all so far. */
export interface SweepPart {
  /** Neurons patched so far, and in all. */
  readonly done: number;
  readonly total: number;
  readonly prediction: number;
  /** Those of the largest effects so far, the largest first. */
  readonly neurons: readonly NeuronEffect[];
}

/** The effect of replacing what a part writes at a position by its mean over texts. */
export interface CausalMapShown {
  readonly tokens: readonly string[];
  readonly prediction: number;
  /** `[part][position]`: exact changes of the prediction; null where the run was not reached. */
  readonly rows: readonly {
    readonly layer: number;
    readonly part: "attention" | "mlp";
    readonly changes: readonly (number | null)[];
  }[];
  readonly figures: Figures;
}

/** Something that takes a while: how far it is, and at the end what came out. */
export type Running<Result> =
  | { readonly done: number; readonly total: number | null; readonly what: string }
  | { readonly result: Result };

/** What an audit found. */
export interface AuditShown {
  readonly verdict: string;
  /** The verdict in one sentence, and the reasons, in sentences. */
  readonly because: readonly string[];
  readonly criteria: readonly {
    readonly name: string;
    readonly estimate: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly threshold: string;
    readonly met: boolean | null;
  }[];
  /** When it was made, in UTC; null if it was made just now. */
  readonly saved: string | null;
  readonly figures: Figures;
}

/** A token in a text that a corpus gave, with tokens around it. */
export interface Example {
  readonly tokens: readonly {
    readonly text: string;
    readonly activation: number;
    readonly prediction: number;
  }[];
  /** Which of these tokens it is about. */
  readonly at: number;
  /** The whole text as it was read, and which of its tokens that is: run as prompt, it gives these numbers. */
  readonly prompt: string;
  readonly position: number;
  readonly activation: number;
  readonly prediction: number;
}

export interface ExampleGroup {
  /** Such as "strongest", or "7th decile". */
  readonly name: string;
  readonly examples: readonly Example[];
  /** Why there is none; null where there are some. */
  readonly why: string | null;
}

export interface ExamplesShown {
  readonly groups: readonly ExampleGroup[];
  /** Tokens that were looked at, in how many texts. */
  readonly positions: number;
  readonly texts: number;
  /** The prediction against the activation, over the corpus. */
  readonly figures: Figures;
}

/**
 * Answers the page. A question that cannot be answered rejects with an error whose message is one line
 * for the reader; one that nothing answers at the moment, with an error named {@link AWAY}.
 */
export interface Explorer {
  /** The heads to choose from; never empty. */
  heads(asking?: Asking): Promise<readonly HeadChoice[]>;
  /** Opens a head with its base model; again, what is open. */
  open(head: string, asking?: Asking): Promise<OpenedHead>;
  /** The activation and the prediction at every token of a prompt. */
  run(request: PromptRequest, asking?: Asking): Promise<PromptRun>;
  /** What the head says, and what later layers do, with the neuron patched at one token. */
  patch(request: PatchRequest, asking?: Asking): Promise<PatchedPlace>;
  doseResponse(request: DoseRequest, asking?: Asking): Promise<DoseCurve>;
  /** Zeroes every neuron, one at a time. */
  neuronsThatMatter(request: SweepRequest, asking?: Asking): AsyncIterable<SweepPart>;
  causalMap(request: PlaceRequest, asking?: Asking): AsyncIterable<Running<CausalMapShown>>;
  /** What a saved audit of this very head says; null if there is none. */
  savedAudit(head: string, asking?: Asking): Promise<AuditShown | null>;
  audit(head: string, asking?: Asking): AsyncIterable<Running<AuditShown>>;
  /** Where the neuron is strongest and weakest and the head most wrong, over the bundled texts. */
  topExamples(head: string, asking?: Asking): AsyncIterable<Running<ExamplesShown>>;
}
