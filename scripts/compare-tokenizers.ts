/**
 * `npm run compare-tokenizers -- [--python PATH] [--texts 10000] [--seed N] [--folders DIR] [--fixture]`: makes
 * tokenizers of every kind and texts of every kind, and compares token ids, their text and the BOS token with those of
 * Python's transformers and tokenizers.
 *
 * With `--folders` the tokenizers are those of the folders in a folder: real ones, say. Differences on texts of Unicode
 * 15 make the exit code 1; those on newer characters are counted. `--fixture` writes the sample that the tests compare.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadTokenizer } from "../src/model/tokenizer";
import { pythonWith } from "../tests/python-with";
import { randomSettings } from "./tokenizer-agreement/settings";
import { agreementStrings, isOfUnicode15 } from "./tokenizer-agreement/strings";
import { type FolderFiles, tokenizerVariants } from "./tokenizer-agreement/variants";

/** The tests' sample: so many texts, of which each kind of tokenizer has every so manieth. */
const FIXTURE = join(__dirname, "..", "tests", "fixtures", "tokenizer-agreement.json");
const FIXTURE_TEXTS = 910;
const FIXTURE_STEP = 7;
const FIXTURE_STEP_OF_SETTINGS = 49;

const MOST_SHOWN = 5;

/** So many folders have settings drawn at random. */
const SETTINGS = 50;

interface Reference {
  readonly versions: Record<string, string>;
  readonly tokenizers: Record<
    string,
    { error?: string; ids: number[][]; decoded: string[]; bos: number | null }
  >;
}

const { values } = parseArgs({
  options: {
    python: { type: "string" },
    texts: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    folders: { type: "string" },
    fixture: { type: "boolean", default: false },
  },
});

/** Tokenizers of every kind, and with settings drawn at random. */
export function comparedTokenizers(): Record<string, FolderFiles> {
  return { ...tokenizerVariants(), ...randomSettings(SETTINGS, 1) };
}

/** Writes a folder of each kind of tokenizer, and says where. */
export function writeVariants(
  folder: string,
  variants: Record<string, FolderFiles>,
): Map<string, string> {
  return new Map(
    Object.entries(variants).map(([name, files]) => {
      const path = join(folder, name);
      mkdirSync(path, { recursive: true });
      for (const [file, content] of Object.entries(files)) {
        const text = typeof content === "string" ? content : JSON.stringify(content);
        writeFileSync(join(path, file), text);
      }
      return [name, path];
    }),
  );
}

function foldersIn(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((name) => [name, join(folder, name)]));
}

async function main(): Promise<void> {
  const python = values.python ?? pythonWith("transformers", "tokenizers");
  if (!python) throw new Error("no Python with transformers and tokenizers: give one by --python");
  const folder = mkdtempSync(join(tmpdir(), "tslens-tokenizers-"));
  try {
    const folders = values.folders
      ? foldersIn(values.folders)
      : writeVariants(folder, comparedTokenizers());
    const texts = agreementStrings(
      values.fixture ? FIXTURE_TEXTS : Number(values.texts),
      Number(values.seed),
    );
    const reference = askPython(python, folder, folders, texts);
    console.log(
      `${folders.size} tokenizers, ${texts.length} texts; Python's ${Object.entries(reference.versions).flat().join(" ")}`,
    );
    if (values.fixture) writeFixture(texts, reference);
    process.exitCode = (await compare(folders, texts, reference)) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function askPython(
  python: string,
  folder: string,
  folders: ReadonlyMap<string, string>,
  texts: readonly string[],
): Reference {
  const [request, response] = ["request.json", "response.json"].map((name) => join(folder, name));
  writeFileSync(request, JSON.stringify({ folders: Object.fromEntries(folders), texts }));
  const script = join(__dirname, "tokenizer-agreement", "reference.py");
  execFileSync(python, [script, request, response], { stdio: ["ignore", "inherit", "inherit"] });
  return JSON.parse(readFileSync(response, "utf8"));
}

/** Prints differences; whether there are none that count. */
async function compare(
  folders: ReadonlyMap<string, string>,
  texts: readonly string[],
  { tokenizers }: Reference,
): Promise<boolean> {
  const total = { compared: 0, different: 0, newer: 0 };
  for (const [name, path] of folders) {
    const expected = tokenizers[name];
    const tokenizer = await loadTokenizer(path).catch((error: Error) => error.message);
    if (expected.error || !tokenizer || typeof tokenizer === "string") {
      console.log(
        `${name}: Python ${expected.error ?? "reads it"}; we ${tokenizer ? tokenizer : "find none"}`,
      );
      total.different++;
      continue;
    }
    const found = { ids: 0, decoded: 0, newer: [] as string[] };
    texts.forEach((text, i) => {
      const ids = tokenizer.encode(text);
      const decoded = tokenizer.decode(expected.ids[i]);
      const kind = !same(ids, expected.ids[i])
        ? "ids"
        : decoded !== expected.decoded[i]
          ? "decoded"
          : undefined;
      total.compared++;
      if (kind === undefined) return;
      if (!isOfUnicode15(text)) {
        found.newer.push(text);
        return;
      }
      if (found[kind]++ < MOST_SHOWN) {
        console.log(`${name}: ${JSON.stringify(text).slice(0, 200)}`);
        console.log(
          `  ours   ${kind === "ids" ? ids.join(" ").slice(0, 200) : JSON.stringify(decoded).slice(0, 200)}`,
        );
        console.log(
          `  Python ${kind === "ids" ? expected.ids[i].join(" ").slice(0, 200) : JSON.stringify(expected.decoded[i]).slice(0, 200)}`,
        );
      }
    });
    // Where there is no BOS token, TransformerLens takes another.
    const isBos = expected.bos === null || tokenizer.bosTokenId === expected.bos;
    const bos = isBos ? "" : `, BOS ${tokenizer.bosTokenId} (Python ${expected.bos})`;
    const characters = [
      ...new Set(found.newer.flatMap((text) => [...text].filter((c) => !isOfUnicode15(c)))),
    ];
    console.log(
      `${name}: ${found.ids} texts have other ids, ${found.decoded} are decoded otherwise${bos}; ${found.newer.length} with newer characters (${characters.length} of them)`,
    );
    total.different += found.ids + found.decoded + (bos ? 1 : 0);
    total.newer += found.newer.length;
  }
  console.log(
    `${total.compared} compared: ${total.different} differences in Unicode 15, ${total.newer} with newer characters`,
  );
  return total.different === 0;
}

function writeFixture(texts: readonly string[], { versions, tokenizers }: Reference): void {
  const kinds = tokenizerVariants();
  const sample = Object.entries(tokenizers).map(([name, { ids, bos }], k) => {
    const step = name in kinds ? FIXTURE_STEP : FIXTURE_STEP_OF_SETTINGS;
    const chosen = texts.flatMap((text, i) =>
      i % step === k % step && isOfUnicode15(text) && text.length < 120 ? [[i, ids[i]]] : [],
    );
    return [name, { bos, ids: chosen }] as const;
  });
  const used = new Set(sample.flatMap(([, { ids }]) => ids.map(([i]) => i)));
  const lines = [
    `"versions": ${JSON.stringify(versions)}`,
    `"texts": {\n${[...used].map((i) => `  "${i}": ${JSON.stringify(texts[i as number])}`).join(",\n")}\n}`,
    `"tokenizers": {\n${sample.map(([name, { bos, ids }]) => `  "${name}": {"bos": ${bos}, "ids": ${JSON.stringify(ids)}}`).join(",\n")}\n}`,
  ];
  writeFileSync(FIXTURE, `{\n${lines.join(",\n")}\n}\n`);
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
