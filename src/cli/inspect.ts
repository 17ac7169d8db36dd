import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import type { Dtype } from "../checkpoints/dtypes";
import { readJsonFile } from "../checkpoints/json-file";
import { openModelFolder, preferredWeights } from "../checkpoints/model-folder";
import { openCheckpoint } from "../checkpoints/open-checkpoint";
import { quoted } from "../checkpoints/quoted";
import type { TensorSource } from "../checkpoints/tensor-source";
import { CheckpointError, HeadConfigError } from "../errors";
import { locateHeadFile } from "../heads/load-head";
import { nestedJson } from "./nested-json";
import { counted, type Output, oneLine } from "./output";
import { type TensorStatistics, tensorStatistics } from "./tensor-statistics";
import { textTable } from "./text-table";

/** How many tensors that cannot be shown are named. */
const MOST_NOTES = 20;

const LARGEST_INDENTED = 100_000;

interface InspectOptions {
  readonly json?: true;
  readonly values?: true;
}

/** What `inspect` says of a tensor beside its values. */
interface TensorReport extends TensorStatistics {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** `tslens inspect PATH` */
export function inspectCommand(command: Command, output: Output): void {
  command
    .option("--values", "print the numbers too, as nested lists")
    .option("--json", "print JSON and nothing else")
    .action((path: string, options: InspectOptions) => inspect(path, options, output));
}

async function inspect(path: string, options: InspectOptions, output: Output): Promise<void> {
  const { source, config, warnings } = await openPath(path);
  try {
    // Every tensor is read before the first word, so that a damaged file gives an error and no half output.
    const reports = new Map(source.names.map((name) => [name, reportOn(source, name)]));
    await (options.json ? printJson : printText)(source, reports, config, options, output);
    for (const warning of warnings) output.note(`Note: ${oneLine(warning)}`);
    const hidden = [...source.unreadable];
    for (const [name, kind] of hidden.slice(0, MOST_NOTES)) {
      output.note(`Note: ${quoted(name)} is not shown: it is ${oneLine(kind)}`);
    }
    if (hidden.length > MOST_NOTES) {
      output.note(`Note: ${hidden.length - MOST_NOTES} more tensors are not shown`);
    }
  } finally {
    source.close();
  }
}

/** Spaces before every value come to much more than the file, if it is large and deep. */
function configText(config: unknown): string {
  const text = JSON.stringify(config);
  return text.length > LARGEST_INDENTED ? text : JSON.stringify(config, null, 2);
}

interface Opened {
  readonly source: TensorSource;
  /** Of a directory, its parsed config.json. */
  readonly config: unknown;
  readonly warnings: readonly string[];
}

/** The tensors at a path. */
async function openPath(path: string): Promise<Opened> {
  if (!existsSync(path)) {
    throw new CheckpointError("there is no such file or folder", {
      file: path,
      expected: "a .pt, .bin or .safetensors file, or a model directory",
    });
  }
  if (!statSync(path).isDirectory()) {
    return {
      source: await openCheckpoint(path, { allTensors: true }),
      config: null,
      warnings: [],
    };
  }
  if (preferredWeights(new Set(readdirSync(path)))) {
    const { tensors, config, warnings } = await openModelFolder(path);
    return { source: tensors, config, warnings };
  }
  const { headFile, warnings } = locateHeadFile(path);
  const config = headConfig(headFile);
  return { source: await openCheckpoint(headFile, { allTensors: true }), config, warnings };
}

function headConfig(headFile: string): unknown {
  const file = join(dirname(headFile), "config.json");
  if (existsSync(file)) return readJsonFile(file, HeadConfigError);
  throw new HeadConfigError("there is no config.json in this folder", {
    file: dirname(headFile),
    found: basename(headFile),
    remedy: `To see the tensors alone, inspect ${headFile}.`,
  });
}

function reportOn(source: TensorSource, name: string): TensorReport {
  const { dtype, shape, data } = source.read(name);
  return { dtype, shape, ...tensorStatistics(data) };
}

type Print = (
  source: TensorSource,
  reports: ReadonlyMap<string, TensorReport>,
  config: unknown,
  options: InspectOptions,
  output: Output,
) => Promise<void>;

/** `{"tensors": {name: {…}}, "config": …}`, one tensor a line. */
const printJson: Print = async (source, reports, config, { values }, output) => {
  await output.print('{"tensors": {');
  let separator = "\n";
  for (const [name, report] of reports) {
    const fields = JSON.stringify(report);
    await output.print(
      `${separator}${JSON.stringify(name)}: ${values ? fields.slice(0, -1) : fields}`,
    );
    if (values) {
      await output.print(',"values":');
      for (const piece of nestedJson(source.read(name))) await output.print(piece);
      await output.print("}");
    }
    separator = ",\n";
  }
  await output.print(`\n}, "config": ${JSON.stringify(config)}}\n`);
};

const printText: Print = async (source, reports, config, { values }, output) => {
  const rows = [...reports].map(([name, { dtype, shape, mean, std, min, max, non_finite }]) => [
    name,
    dtype,
    `[${shape.join(", ")}]`,
    mean,
    std,
    min,
    max,
    non_finite ? `${non_finite} not finite` : "",
  ]);
  const headings = ["tensor", "dtype", "shape", "mean", "std", "min", "max", ""];
  await output.print(
    textTable({ caption: `${source.path}: ${counted(rows.length, "tensor")}`, headings, rows }),
  );
  if (values) {
    for (const name of reports.keys()) {
      await output.print(`\n${oneLine(name)}\n`);
      for (const piece of nestedJson(source.read(name))) await output.print(piece);
      await output.print("\n");
    }
  }
  if (config !== null) await output.print(`\nconfig.json\n${configText(config)}\n`);
};
