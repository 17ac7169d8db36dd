import { quoted, quotedList } from "../checkpoints/quoted";
import type { TensorSource } from "../checkpoints/tensor-source";
import { ModelConfigError } from "../errors";
import type { GPT2Config } from "./config";

/** What `GPT2LMHeadModel` and its kin put before the names of `GPT2Model`. */
const PREFIX = "transformer.";

const POSITIONS = "wpe.weight";
const EMBEDDING = "wte.weight";
export const LM_HEAD = "lm_head.weight";

/** Buffers that older files carry beside the weights: the causal mask and its fill value. */
const BUFFERS = /(^|\.)(attn|crossattention)\.(masked_)?bias$/;

/** How many names an error lists before it says "and n more". */
const NAMES_IN_ERROR = 6;

/** A GPT-2's tensors in a file. */
export interface TensorNames {
  /** Hugging Face's name without any prefix (`h.0.ln_1.weight`) → the name in the file. */
  readonly inFile: ReadonlyMap<string, string>;
  /** Whether one tensor serves as embedding and unembedding. */
  readonly isTied: boolean;
  /** Which tensors are not used. */
  readonly warnings: readonly string[];
}

/**
 * Finds a GPT-2's tensors in a file: with `transformer.` before their names or without, and with what a module around
 * it put before all of them (Lightning's `model.`). A tied model may have either name of its embedding. What is not
 * GPT-2's is passed over, with a warning, as in transformers.
 *
 * @throws ModelConfigError if tensors are missing or stand there twice.
 */
export function gpt2TensorNames(source: TensorSource, config: GPT2Config): TensorNames {
  const names = [...source.names, ...source.unreadable.keys()].filter(
    (name) => !BUFFERS.test(name),
  );
  const inFile = shortNames(names, source.path);
  const { tie_word_embeddings: canTie } = config;
  const embedding = inFile.get(EMBEDDING) ?? (canTie ? inFile.get(LM_HEAD) : undefined);
  if (embedding !== undefined) inFile.set(EMBEDDING, embedding);

  // A model that is tied may carry its own lm_head all the same, and it is the one that counts.
  const expected = [...expectedNames(config), ...(canTie ? [] : [LM_HEAD])];
  const used = new Set([...expected, LM_HEAD].map((name) => inFile.get(name)));
  const surplus = names.filter((name) => !used.has(name));
  checkNames(source.path, config, { inFile, expected, surplus });
  return {
    inFile,
    isTied: (inFile.get(LM_HEAD) ?? embedding) === embedding,
    warnings:
      surplus.length === 0
        ? []
        : [
            `${source.path}: what is not a GPT-2's is not used: ${surplus.length} of ${names.length} tensors (${quotedList(surplus)})`,
          ],
  };
}

/** Hugging Face's name without any prefix → the name in the file. */
function shortNames(names: readonly string[], file: string): Map<string, string> {
  const around = prefixAround(names, file);
  const inFile = new Map<string, string>();
  for (const name of names) {
    if (!name.startsWith(around)) continue;
    const rest = name.slice(around.length);
    const short = rest.startsWith(PREFIX) ? rest.slice(PREFIX.length) : rest;
    const twin = inFile.get(short);
    if (twin !== undefined) {
      throw new ModelConfigError(`there are two tensors ${quoted(short)}`, {
        file,
        found: `${quoted(twin)} and ${quoted(name)}`,
        expected: `names with "${PREFIX}" or without`,
        remedy: "Save the model again with save_pretrained.",
      });
    }
    inFile.set(short, name);
  }
  // Of a module that has a GPT2Model and beside it the unembedding.
  if (!inFile.has(LM_HEAD) && names.includes(LM_HEAD)) inFile.set(LM_HEAD, LM_HEAD);
  return inFile;
}

/** What stands before a GPT-2's names: nothing, or the name of the attribute that another module keeps it in. */
function prefixAround(names: readonly string[], file: string): string {
  const found = new Set<string>();
  for (const name of names) {
    if (name !== POSITIONS && !name.endsWith(`.${POSITIONS}`)) continue;
    const before = name.slice(0, -POSITIONS.length);
    const inside = before === PREFIX || before.endsWith(`.${PREFIX}`);
    found.add(inside ? before.slice(0, -PREFIX.length) : before);
  }
  const [first = "", second] = found;
  if (second === undefined || found.has("")) return found.has("") ? "" : first;
  throw new ModelConfigError("there are several GPT-2s in this file", {
    file,
    found: [first, second].map((prefix) => quoted(prefix + POSITIONS)).join(" and "),
    expected: `one, with "${PREFIX}" before its names or without`,
    remedy: "Save the one that is meant with save_pretrained.",
  });
}

interface FoundNames {
  readonly inFile: ReadonlyMap<string, string>;
  readonly expected: readonly string[];
  readonly surplus: readonly string[];
}

function checkNames(
  file: string,
  { n_layers }: GPT2Config,
  { inFile, expected, surplus }: FoundNames,
): void {
  const missing = expected.filter((name) => !inFile.has(name));
  if (missing.length === 0) return;
  throw new ModelConfigError("the tensors are not those of the GPT-2 that config.json describes", {
    file,
    found: [
      `${missing.length} missing (${listed(missing)})`,
      surplus.length > 0 && `${surplus.length} unknown (${quotedList(surplus)})`,
    ]
      .filter(Boolean)
      .join(" and "),
    expected: `${expected.length} tensors of ${n_layers} layers, with or without "${PREFIX}"`,
    remedy: "config.json and the weights must be of the same model.",
  });
}

function expectedNames({ n_layers }: GPT2Config): string[] {
  const withBias = (name: string) => [`${name}.weight`, `${name}.bias`];
  const blocks = Array.from({ length: n_layers }, (_, layer) =>
    ["ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"].flatMap((part) =>
      withBias(`h.${layer}.${part}`),
    ),
  );
  return [EMBEDDING, POSITIONS, ...blocks.flat(), ...withBias("ln_f")];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_IN_ERROR).join(", ");
  return names.length > NAMES_IN_ERROR
    ? `${shown} and ${names.length - NAMES_IN_ERROR} more`
    : shown;
}
