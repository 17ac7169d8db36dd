import { z } from "zod";
import { HeadConfigError } from "../errors";

/** Kinds of heads, by the pipeline's `head_type`. */
export type HeadType = "regression" | "classification" | "token";

/** Activation functions of a hidden layer. `gelu` is the exact one, by the error function. */
export const HEAD_ACTIVATIONS = ["relu", "gelu", "silu"] as const;
export type HeadActivation = (typeof HEAD_ACTIVATIONS)[number];

/** A hidden layer between the features and the output. */
export interface HiddenLayerConfig {
  /** Its width. */
  readonly dim: number;
  readonly activation: HeadActivation;
}

/** `head_config` of a regression head. */
export interface RegressionConfig {
  readonly inputDim: number;
  /** Only used in training. Default: 0. */
  readonly dropout: number;
  /** Default: null, the output reads the features. */
  readonly hidden: HiddenLayerConfig | null;
  /** The output is multiplied by this. Default: 1. */
  readonly outputScale: number;
}

/** `head_config` of a classification head. */
export interface ClassificationConfig {
  readonly inputDim: number;
  /** Only used in training. Default: 0. */
  readonly dropout: number;
  /** Default: null, the output reads the features. */
  readonly hidden: HiddenLayerConfig | null;
  /** Default: the number of bins. */
  readonly numClasses: number;
  /** Only used in training. Default: null. */
  readonly classWeights: readonly number[] | null;
}

/** `head_config` of a token head. */
export interface TokenConfig {
  readonly inputDim: number;
  /** Only used in training. Default: 0. */
  readonly dropout: number;
  /** Token ids of the digits 0 to 9. Default: null, ask the base model's tokenizer. */
  readonly digitTokens: readonly number[] | null;
}

interface CommonConfig {
  /** The block whose activation is predicted. */
  readonly targetLayer: number;
  /** The coordinate of that activation. */
  readonly targetNeuron: number;
  /** Which activation, as the file names it, short or long. Default: "mlp_out". */
  readonly layerType: string;
  /** Which token is read; a number is clamped to the last token. Default: "last". */
  readonly tokenPos: "last" | number;
  /** The block whose `resid_post` is read; negative counts from the end. Default: −1. */
  readonly featureLayer: number;
  /** The model that the head was trained on: a TransformerLens name or a folder. Default: null, not known. */
  readonly baseModelName: string | null;
  /** Width of the residual stream. Default: `input_dim`. */
  readonly dModel: number;
  /** Edges of the classes' bins, ascending, one more than bins. Default: null. */
  readonly binEdges: readonly number[] | null;
  /** Of the target activation over the training data. Default: null. */
  readonly activationMean: number | null;
  readonly activationStd: number | null;
  /** The file as it was parsed, with every key. */
  readonly raw: unknown;
}

/** A trained head's `config.json` with its defaults filled in. `headType` tells what `head` is. */
export type HeadConfig = CommonConfig &
  (
    | { readonly headType: "regression"; readonly head: RegressionConfig }
    | { readonly headType: "classification"; readonly head: ClassificationConfig }
    | { readonly headType: "token"; readonly head: TokenConfig }
  );

/** Long (`blocks.8.mlp.hook_post`) and short (`post`) names of activations; the model knows which there are. */
const ACTIVATION_NAME = /^\w+(\.\w+)*$/;

const DIGITS = 10;

/** Older files have no `head_type`, but the name of the head's class. */
const HEAD_TYPE_OF_CLASS: ReadonlyMap<string, HeadType> = new Map([
  ["RegressionHead", "regression"],
  ["ClassificationHead", "classification"],
  ["TokenPredictionHead", "token"],
]);

const count = (error: string) => z.int({ error }).nonnegative({ error });
const size = (error: string) => z.int({ error }).positive({ error });
const real = (error: string) => z.number({ error });
/** Not `z.array`, which makes an issue of each wrong item: of millions of them. */
const numbers = (error: string, isItem: (item: unknown) => boolean = Number.isFinite) =>
  z.custom<number[]>(Array.isArray, { error }).superRefine((list, context) => {
    const odd = list.findIndex((item) => !isItem(item));
    // What is checked next takes them for numbers.
    if (odd >= 0) {
      context.addIssue({ code: "custom", message: error, path: [odd], continue: false });
    }
  });
const text = (error: string) => z.string({ error });

const TOKEN_POS = '"last" or an integer';
const DIGIT_TOKENS = "ten token ids, or null";
const ASCENDING = "a list of at least two ascending numbers, or null";

const HEAD_CONFIG_JSON = z.object(
  {
    head_type: z
      .enum(["regression", "classification", "token"], {
        error: '"regression", "classification" or "token"',
      })
      .optional(),
    target_layer: count("a layer, 0 or more"),
    target_neuron: count("a neuron, 0 or more"),
    layer_type: text("the name of an activation")
      .regex(ACTIVATION_NAME, { error: 'the name of an activation, such as "mlp_out"' })
      .default("mlp_out"),
    token_pos: z
      .union(
        [
          z.literal("last"),
          z.int({ error: TOKEN_POS }),
          z
            .string()
            .regex(/^-?\d{1,9}$/)
            .transform(Number),
        ],
        { error: TOKEN_POS },
      )
      .default("last"),
    feature_layer: z.int({ error: "a layer; negative counts from the end" }).default(-1),
    base_model_name: text("a model's name or folder")
      .min(1, { error: "a model's name or folder" })
      .nullish(),
    d_model: size("the width of the residual stream").nullish(),
    bin_edges: numbers(ASCENDING).refine(isAscending, { error: ASCENDING }).nullish(),
    activation_mean: real("a number or null").nullish(),
    activation_std: real("a number, 0 or more, or null")
      .nonnegative({ error: "a number, 0 or more, or null" })
      .nullish(),
    head_config: z.object(
      {
        class_name: text("a class's name").nullish(),
        input_dim: size("the number of features").nullish(),
        dropout: real("a number").nullish(),
        hidden_dim: size("the hidden layer's width, or null").nullish(),
        activation: z
          .enum(HEAD_ACTIVATIONS, { error: HEAD_ACTIVATIONS.map((name) => `"${name}"`).join(", ") })
          .nullish(),
        output_scale: real("a number or null").nullish(),
        num_classes: size("the number of classes").nullish(),
        class_weights: numbers("a list of numbers or null").nullish(),
        digit_tokens: numbers(DIGIT_TOKENS, isCount)
          .refine((ids) => ids.length === DIGITS, { error: DIGIT_TOKENS })
          .nullish(),
      },
      { error: "an object" },
    ),
  },
  { error: "an object" },
);

function isAscending(edges: readonly number[]): boolean {
  return edges.length >= 2 && edges.every((edge, i) => i === 0 || edges[i - 1] <= edge);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

type HeadConfigJson = z.infer<typeof HEAD_CONFIG_JSON>;

/**
 * Checks a trained head's configuration and fills in what older files lack; `HeadConfig` documents each default.
 *
 * @param raw - The parsed `config.json`.
 * @param file - Its path, for errors.
 * @throws HeadConfigError if a key is missing that has no default, has a value that cannot be used, or contradicts
 *   another.
 */
export function parseHeadConfig(raw: unknown, file: string): HeadConfig {
  const parsed = HEAD_CONFIG_JSON.safeParse(raw);
  if (!parsed.success) throw unusable(raw, file, parsed.error.issues[0]);
  const json = parsed.data;
  const inputDim = featureCount(json, file);
  const common: CommonConfig = {
    targetLayer: json.target_layer,
    targetNeuron: json.target_neuron,
    layerType: json.layer_type,
    tokenPos: json.token_pos,
    featureLayer: json.feature_layer,
    baseModelName: json.base_model_name ?? null,
    dModel: json.d_model ?? inputDim,
    binEdges: json.bin_edges ?? null,
    activationMean: json.activation_mean ?? null,
    activationStd: json.activation_std ?? null,
    raw,
  };
  const dropout = json.head_config.dropout ?? 0;
  const headType = typeOfHead(json, file);
  switch (headType) {
    case "regression": {
      const outputScale = json.head_config.output_scale ?? 1;
      const head = { inputDim, dropout, hidden: hiddenLayer(json, file), outputScale };
      return { ...common, headType, head };
    }
    case "classification": {
      const numClasses = classCount(json, file);
      const classWeights = json.head_config.class_weights ?? null;
      const hidden = hiddenLayer(json, file);
      return { ...common, headType, head: { inputDim, dropout, hidden, numClasses, classWeights } };
    }
    case "token": {
      const digitTokens = json.head_config.digit_tokens ?? null;
      return { ...common, headType, head: { inputDim, dropout, digitTokens } };
    }
  }
}

function unusable(raw: unknown, file: string, issue: z.core.$ZodIssue): HeadConfigError {
  let value = raw;
  for (const part of issue.path) value = (value as Record<PropertyKey, unknown>)[part];
  const key = issue.path.join(".");
  const missing = value === undefined;
  const what = key === "" ? "this is not a head's config.json" : `"${key}" cannot be used`;
  return new HeadConfigError(missing ? `"${key}" is missing` : what, {
    file,
    found: missing ? undefined : shortJson(value),
    expected: issue.message,
    remedy: missing ? "Add the key to the file." : "Correct the value in the file.",
  });
}

/** Values in an error are cut to this length. */
const LONGEST_SHOWN = 80;

function shortJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > LONGEST_SHOWN ? `${json.slice(0, LONGEST_SHOWN)}…` : json;
}

function typeOfHead(json: HeadConfigJson, file: string): HeadType {
  const className = json.head_config.class_name ?? "";
  const type = json.head_type ?? HEAD_TYPE_OF_CLASS.get(className);
  if (type) return type;
  throw new HeadConfigError('"head_type" is missing', {
    file,
    expected: '"regression", "classification" or "token"',
    remedy: "Add the key to the file.",
  });
}

function featureCount(json: HeadConfigJson, file: string): number {
  const inputDim = json.head_config.input_dim ?? json.d_model;
  if (inputDim === null || inputDim === undefined) {
    throw new HeadConfigError('"head_config.input_dim" and "d_model" are missing', {
      file,
      expected: "the number of features in one of them",
      remedy: "Add the key to the file.",
    });
  }
  const dModel = json.d_model ?? inputDim;
  if (dModel === inputDim) return inputDim;
  throw new HeadConfigError('"head_config.input_dim" and "d_model" contradict each other', {
    file,
    found: `${inputDim} and ${dModel}`,
    expected: "the same number: a head reads the residual stream",
    remedy: "Correct the value in the file.",
  });
}

function hiddenLayer(json: HeadConfigJson, file: string): HiddenLayerConfig | null {
  const { hidden_dim: dim, activation } = json.head_config;
  if (dim === null || dim === undefined) return null;
  // Guessing the function would silently change every prediction.
  if (activation) return { dim, activation };
  throw new HeadConfigError('"head_config.activation" is missing', {
    file,
    found: `a hidden layer of ${dim}`,
    expected: HEAD_ACTIVATIONS.map((name) => `"${name}"`).join(", "),
    remedy: "Add the key to the file.",
  });
}

function classCount(json: HeadConfigJson, file: string): number {
  const fromBins = json.bin_edges ? json.bin_edges.length - 1 : undefined;
  const classes = json.head_config.num_classes ?? fromBins;
  if (classes !== undefined) return classes;
  throw new HeadConfigError('"head_config.num_classes" is missing', {
    file,
    expected: "the number of classes",
    remedy: "Add the key to the file.",
  });
}

/** Whether it is a line in the features: a regression head without a hidden layer. */
export function isLinearHead(config: HeadConfig): boolean {
  return config.headType === "regression" && config.head.hidden === null;
}
