import { quoted, quotedList } from "../checkpoints/quoted";
import type { TensorSource } from "../checkpoints/tensor-source";
import { ModelConfigError } from "../errors";
import type { ModelConfig } from "./config";
import { TENSOR_TABLES, tensorTable, titleOf } from "./families/families";
import type { TensorTable } from "./families/family";

/** Buffers that older files carry beside the weights: the causal mask, its fill value, rotary frequencies. */
const BUFFERS = /((^|\.)(attn|crossattention|attention)\.(masked_)?bias|rotary_emb\.inv_freq)$/;

/** How many names an error lists before it says "and n more". */
const NAMES_IN_ERROR = 6;

/** A model's tensors in a file. */
export interface TensorNames {
  /** Names in the family's files. */
  readonly table: TensorTable;
  /** Hugging Face's name without any prefix (`h.0.ln_1.weight`) → the name in the file. */
  readonly inFile: ReadonlyMap<string, string>;
  /** Whether one tensor serves as embedding and unembedding. */
  readonly isTied: boolean;
  /** Which tensors are not used. */
  readonly warnings: readonly string[];
}

/**
 * Finds a model's tensors in a file: with its family's prefix before their names (`transformer.`, `model.`) or without,
 * and with what a module around it put before all of them (Lightning's `model.`). A tied model may have either name of
 * its embedding. What is not the model's is passed over, with a warning, as in transformers.
 *
 * @throws ModelConfigError if tensors are missing or stand there twice.
 */
export function tensorNames(source: TensorSource, config: ModelConfig): TensorNames {
  const table = tensorTable(config);
  const names = [...source.names, ...source.unreadable.keys()].filter(
    (name) => !BUFFERS.test(name),
  );
  const inFile = shortNames(names, table, titleOf(config), source.path);
  const { tie_word_embeddings: canTie } = config;
  const [ofEmbedding, ofHead] = [`${table.embedding}.weight`, `${table.unembedding}.weight`];
  const embedding = inFile.get(ofEmbedding) ?? (canTie ? inFile.get(ofHead) : undefined);
  if (embedding !== undefined) inFile.set(ofEmbedding, embedding);

  // A model that is tied may carry its own lm_head all the same, and it is the one that counts.
  const expected = [...expectedNames(config, table), ...(canTie ? [] : [ofHead])];
  const used = new Set([...expected, ofHead].map((name) => inFile.get(name)));
  const surplus = names.filter((name) => !used.has(name));
  checkNames(source.path, config, { inFile, expected, surplus, table });
  checkSurplus(source.path, config, { inFile, surplus, table });
  return {
    table,
    inFile,
    isTied: (inFile.get(ofHead) ?? embedding) === embedding,
    warnings:
      surplus.length === 0
        ? []
        : [
            `${source.path}: what is not a ${titleOf(config)}'s is not used: ${surplus.length} of ${names.length} tensors (${quotedList(surplus)})`,
          ],
  };
}

/** Hugging Face's name without any prefix → the name in the file. */
function shortNames(
  names: readonly string[],
  table: TensorTable,
  title: string,
  file: string,
): Map<string, string> {
  const around = prefixAround(names, table, title, file);
  const head = `${table.unembedding}.weight`;
  const inFile = new Map<string, string>();
  for (const name of names) {
    if (!name.startsWith(around)) continue;
    const rest = name.slice(around.length);
    const prefix = table.prefixes.find((one) => rest.startsWith(one)) ?? "";
    const short = rest.slice(prefix.length);
    const twin = inFile.get(short);
    if (twin !== undefined) {
      throw new ModelConfigError(`there are two tensors ${quoted(short)}`, {
        file,
        found: `${quoted(twin)} and ${quoted(name)}`,
        expected: `names with "${table.prefixes[0]}" or without`,
        remedy: "Save the model again with save_pretrained.",
      });
    }
    inFile.set(short, name);
  }
  // Of a module that has the model without its unembedding and beside it that.
  if (!inFile.has(head) && names.includes(head)) inFile.set(head, head);
  return inFile;
}

/** What stands before a model's names: nothing, or the name of the attribute that another module keeps it in. */
function prefixAround(
  names: readonly string[],
  { anchor, prefixes }: TensorTable,
  title: string,
  file: string,
): string {
  const found = new Set<string>();
  for (const name of names) {
    if (name !== anchor && !name.endsWith(`.${anchor}`)) continue;
    const before = name.slice(0, -anchor.length);
    const inside = prefixes.find((one) => before === one || before.endsWith(`.${one}`)) ?? "";
    found.add(before.slice(0, before.length - inside.length));
  }
  const [first = "", second] = found;
  if (second === undefined || found.has("")) return found.has("") ? "" : first;
  throw new ModelConfigError(`there are several ${title}s in this file`, {
    file,
    found: [first, second].map((prefix) => quoted(prefix + anchor)).join(" and "),
    expected: `one, with "${prefixes[0]}" before its names or without`,
    remedy: "Save the one that is meant with save_pretrained.",
  });
}

interface FoundNames {
  readonly inFile: ReadonlyMap<string, string>;
  readonly expected: readonly string[];
  readonly surplus: readonly string[];
  readonly table: TensorTable;
}

function checkNames(
  file: string,
  config: ModelConfig,
  { inFile, expected, surplus, table }: FoundNames,
): void {
  const missing = expected.filter((name) => !inFile.has(name));
  if (missing.length === 0) return;
  throw new ModelConfigError(
    `the tensors are not those of the ${titleOf(config)} that config.json describes`,
    {
      file,
      found: [
        `${missing.length} missing (${listed(missing)})`,
        surplus.length > 0 && `${surplus.length} unknown (${quotedList(surplus)})`,
      ]
        .filter(Boolean)
        .join(" and "),
      expected: `${expected.length} tensors of ${config.n_layers} layers, with or without "${table.prefixes[0]}"`,
      remedy: "config.json and the weights must be of the same model.",
    },
  );
}

/** A block without the norms or biases that other families have is not the block of these weights. */
function checkSurplus(
  file: string,
  config: ModelConfig,
  { inFile, surplus, table }: Pick<FoundNames, "inFile" | "surplus" | "table">,
): void {
  const unused = new Set(surplus);
  const foreign = [...inFile].flatMap(([short, name]) => {
    if (!unused.has(name) || !short.startsWith(table.blocks)) return [];
    const [layer, ...rest] = short.slice(table.blocks.length).split(".");
    const isInBlock = /^\d+$/.test(layer) && Number(layer) < config.n_layers;
    return isInBlock && weightsOfBlocks().has(rest.join(".")) ? [name] : [];
  });
  if (foreign.length === 0) return;
  throw new ModelConfigError(
    `the blocks have weights that the ${titleOf(config)} of config.json does not have`,
    {
      file,
      found: quotedList(foreign),
      expected: "blocks of which all is used",
      remedy: "config.json and the weights must be of the same model.",
    },
  );
}

let ofBlocks: ReadonlySet<string> | undefined;

/** Whatever stands in a block of any family. */
function weightsOfBlocks(): ReadonlySet<string> {
  const ALL = { qkv: true, o: true, mlp: true, unembed: true };
  const config = { biases: ALL, normalization_type: "LN" } as const;
  ofBlocks ??= new Set(TENSOR_TABLES.flatMap((table) => blockNames(config, table)));
  return ofBlocks;
}

function weight(name: string, hasBias: boolean): string[] {
  return hasBias ? [`${name}.weight`, `${name}.bias`] : [`${name}.weight`];
}

function expectedNames(config: ModelConfig, table: TensorTable): string[] {
  const { biases, normalization_type, n_layers } = config;
  const block = blockNames(config, table);
  return [
    `${table.embedding}.weight`,
    ...(table.positions ? [`${table.positions}.weight`] : []),
    ...Array.from({ length: n_layers }, (_, layer) =>
      block.map((name) => `${table.blocks}${layer}.${name}`),
    ).flat(),
    ...weight(table.ln_final, normalization_type === "LN"),
    ...(biases.unembed ? [`${table.unembedding}.bias`] : []),
  ];
}

/** Names inside a block. */
function blockNames(
  { biases, normalization_type }: Pick<ModelConfig, "biases" | "normalization_type">,
  table: TensorTable,
): string[] {
  const norm = (name: string) => weight(name, normalization_type === "LN");
  const { qkv } = table;
  const inputs = typeof qkv === "string" ? [qkv] : [qkv.q, qkv.k, qkv.v];
  const norms = [table.ln1, table.ln1_post, table.ln2, table.ln2_post];
  const headNorms = [table.q_norm, table.k_norm];
  const isThere = (name: string | undefined) => name !== undefined;
  return [
    ...new Set(norms.filter(isThere).flatMap(norm)),
    ...headNorms.filter(isThere).flatMap((name) => weight(name, false)),
    ...inputs.flatMap((name) => weight(name, biases.qkv)),
    ...weight(table.o, biases.o),
    ...[table.gate, table.in, table.out]
      .filter(isThere)
      .flatMap((name) => weight(name, biases.mlp)),
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_IN_ERROR).join(", ");
  return names.length > NAMES_IN_ERROR
    ? `${shown} and ${names.length - NAMES_IN_ERROR} more`
    : shown;
}
