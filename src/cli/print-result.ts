import type { ResultByName, ResultName } from "../results/result-by-name";
import { serializeResult } from "../results/serialize-result";
import type { Output } from "./output";
import { writeAll } from "./write-all";

/** How a command shows a result. */
export interface ResultViews<Result> {
  /** Its figures by file name. */
  readonly figures: (result: Result) => object;
  /** What is printed without `--json`. */
  readonly summary: (result: Result) => string;
}

/** Prints a result, as JSON or in words, after writing it and its figures where `--out` says. */
export async function printResult<N extends ResultName>(
  name: N,
  result: ResultByName[N],
  { figures, summary }: ResultViews<ResultByName[N]>,
  { json: asJson, out }: { readonly json?: true; readonly out?: string },
  output: Output,
): Promise<void> {
  const json = serializeResult(name, result);
  const written = out ? await writeAll(name, result, figures(result), out) : "";
  await output.print(asJson ? json : summary(result) + written);
}
