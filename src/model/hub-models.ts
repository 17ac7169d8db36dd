/**
 * The models of the families beside GPT-2 that TransformerLens knows, as data: by their owners on the hub, each with its
 * aliases. Every model also goes by its name without its owner.
 *
 * @see https://github.com/TransformerLensOrg/TransformerLens/blob/main/transformer_lens/supported_models.py
 */

/** A model's names: that on the hub, then its aliases. */
export interface HubModel {
  readonly onHub: readonly string[];
  readonly aliases: readonly string[];
}

/** A name on the hub without its owner, with aliases behind it. */
const BY_OWNER: Readonly<Record<string, readonly string[]>> = {
  "01-ai": ["Yi-34B", "Yi-34B-Chat", "Yi-6B", "Yi-6B-Chat"],
  codellama: [
    "CodeLlama-7b-hf CodeLlamallama-2-7b",
    "CodeLlama-7b-Instruct-hf CodeLlama-7b-instruct",
    "CodeLlama-7b-Python-hf CodeLlama-7b-python",
  ],
  EleutherAI: [
    "gpt-neo-1.3B gpt-neo-medium neo-medium",
    "gpt-neo-125M gpt-neo-small neo-small neo",
    "gpt-neo-2.7B gpt-neo-large neo-large",
    "gpt-neox-20b gpt-neox neox",
  ],
  facebook: [
    "opt-1.3b opt-medium",
    "opt-125m opt-small opt",
    "opt-13b opt-xxl",
    "opt-2.7b opt-large",
    "opt-30b opt-xxxl",
    "opt-6.7b opt-xl",
    "opt-66b opt-xxxxl",
  ],
  google: [
    "gemma-2-27b",
    "gemma-2-27b-it",
    "gemma-2-2b",
    "gemma-2-2b-it",
    "gemma-2-9b",
    "gemma-2-9b-it",
    "gemma-2b",
    "gemma-2b-it",
    "gemma-7b",
    "gemma-7b-it",
  ],
  "meta-llama": [
    "Llama-2-13b-chat-hf Llama-2-13b-chat",
    "Llama-2-13b-hf Llama-2-13b",
    "Llama-2-70b-chat-hf Llama-2-70b-chat meta-llama-2-70b-chat-hf",
    "Llama-2-7b-chat-hf Llama-2-7b-chat",
    "Llama-2-7b-hf Llama-2-7b",
    "Llama-3.1-70B",
    "Llama-3.1-70B-Instruct",
    "Llama-3.1-8B",
    "Llama-3.1-8B-Instruct",
    "Llama-3.2-1B",
    "Llama-3.2-1B-Instruct",
    "Llama-3.2-3B",
    "Llama-3.2-3B-Instruct",
    "Llama-3.3-70B-Instruct",
    "Meta-Llama-3-70B",
    "Meta-Llama-3-70B-Instruct",
    "Meta-Llama-3-8B",
    "Meta-Llama-3-8B-Instruct",
  ],
  microsoft: ["phi-1", "phi-1_5", "phi-2"],
  mistralai: [
    "Mistral-7B-Instruct-v0.1 mistral-7b-instruct",
    "Mistral-7B-v0.1 mistral-7b",
    "Mistral-Nemo-Base-2407",
    "Mistral-Small-24B-Base-2501",
  ],
  Qwen: [
    "Qwen1.5-0.5B",
    "Qwen1.5-0.5B-Chat",
    "Qwen1.5-1.8B",
    "Qwen1.5-1.8B-Chat",
    "Qwen1.5-14B",
    "Qwen1.5-14B-Chat",
    "Qwen1.5-4B",
    "Qwen1.5-4B-Chat",
    "Qwen1.5-7B",
    "Qwen1.5-7B-Chat",
    "Qwen2-0.5B",
    "Qwen2-0.5B-Instruct",
    "Qwen2-1.5B",
    "Qwen2-1.5B-Instruct",
    "Qwen2-7B",
    "Qwen2-7B-Instruct",
    "Qwen2.5-0.5B",
    "Qwen2.5-0.5B-Instruct",
    "Qwen2.5-1.5B",
    "Qwen2.5-1.5B-Instruct",
    "Qwen2.5-14B",
    "Qwen2.5-14B-Instruct",
    "Qwen2.5-32B",
    "Qwen2.5-32B-Instruct",
    "Qwen2.5-3B",
    "Qwen2.5-3B-Instruct",
    "Qwen2.5-72B",
    "Qwen2.5-72B-Instruct",
    "Qwen2.5-7B",
    "Qwen2.5-7B-Instruct",
    "Qwen3-0.6B",
    "Qwen3-0.6B-Base",
    "Qwen3-1.7B",
    "Qwen3-14B",
    "Qwen3-4B",
    "Qwen3-8B",
    "QwQ-32B-Preview qwen-32b-preview",
  ],
  roneneldan: [
    "TinyStories-1Layer-21M tiny-stories-1L-21M",
    "TinyStories-1M tiny-stories-1M",
    "TinyStories-28M tiny-stories-28M",
    "TinyStories-2Layers-33M tiny-stories-2L-33M",
    "TinyStories-33M tiny-stories-33M",
    "TinyStories-3M tiny-stories-3M",
    "TinyStories-8M tiny-stories-8M",
    "TinyStories-Instruct-1M tiny-stories-instruct-1M",
    "TinyStories-Instruct-28M tiny-stories-instruct-28M",
    "TinyStories-Instruct-2Layers-33M tiny-stories-instruct-2L-33M",
    "TinyStories-Instruct-33M tiny-stories-instruct-33M",
    "TinyStories-Instruct-3M tiny-stories-instruct-3M",
    "TinyStories-Instruct-8M tiny-stories-instruct-8M",
    "TinyStories-Instuct-1Layer-21M tiny-stories-instruct-1L-21M",
  ],
};

/** Pythia's sizes, and what they were called at first. */
const PYTHIA = [
  ["70m", "19m"],
  ["160m", "125m"],
  ["410m", "350m"],
  ["1b", "800m"],
  ["1.4b", "1.3b"],
  ["2.8b", "2.7b"],
  ["6.9b", "6.7b"],
  ["12b", "13b"],
] as const;

const PYTHIA_KINDS = ["", "-deduped", "-v0", "-deduped-v0"];
const PYTHIA_160M_SEEDS = ["-seed1", "-seed2", "-seed3"];

function model(owner: string, name: string, ...aliases: readonly string[]): HubModel {
  return { onHub: [`${owner}/${name}`], aliases: [name, ...aliases] };
}

export const HUB_MODELS: readonly HubModel[] = [
  ...Object.entries(BY_OWNER).flatMap(([owner, names]) =>
    names.map((all) => {
      const [name, ...aliases] = all.split(" ");
      return model(owner, name, ...aliases);
    }),
  ),
  ...["14m", "31m"].map((size) => model("EleutherAI", `pythia-${size}`)),
  ...PYTHIA.flatMap(([size, first]) => {
    const kinds = size === "160m" ? [...PYTHIA_KINDS, ...PYTHIA_160M_SEEDS] : PYTHIA_KINDS;
    return kinds.map((kind) => {
      const early = `pythia-${first}${kind}`;
      const short = size === "70m" && ["", "-v0"].includes(kind) ? [`pythia${kind}`] : [];
      return model("EleutherAI", `pythia-${size}${kind}`, `EleutherAI/${early}`, early, ...short);
    });
  }),
];
