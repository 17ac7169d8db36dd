import type { ZodType } from "zod";
import { quoted } from "../checkpoints/quoted";
import { ResultError } from "../errors";
import { EXPERIMENTS, experimentOf, type ResultByName, type ResultName } from "./registry";

/**
 * A result as JSON text: checked, keys in the schema's order, two spaces, a newline at the end.
 *
 * Equal results give equal text, byte for byte, whatever order their keys were set in. JSON cannot
 * hold NaN or an infinity (`JSON.stringify` would quietly write null), so these are refused.
 *
 * @param name which kind of result it is
 * @param result the result
 * @returns the text of the file, and of `--json`
 * @throws {ResultError} when a key is missing, unknown, of another type, NaN, infinite, or
 *   contradicts another; names the key's path
 *
 * @example
 * process.stdout.write(serializeResult("linear_weights_analysis", result));
 */
export function serializeResult<N extends ResultName>(name: N, result: ResultByName[N]): string {
  return `${JSON.stringify(checkedResult(name, result), null, 2)}\n`;
}

/**
 * A result that is what its schema says, with its keys in the schema's order.
 *
 * @param result what was computed, or what a file holds
 * @throws {ResultError} as {@link serializeResult}
 */
export function checkedResult<N extends ResultName>(name: N, result: unknown): ResultByName[N] {
  return checkedBy(schemaOf(name), `the ${name} result`, result) as ResultByName[N];
}

/**
 * What a schema describes, with its keys in the schema's order.
 *
 * @param what how it is called in an error
 * @throws {ResultError} as {@link serializeResult}
 */
export function checkedBy<T>(schema: ZodType<T>, what: string, value: unknown): T {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [first, ...others] = checked.error.issues;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new ResultError(
    `${what} is not valid at ${pathText(first!.path)}: ${sentence(first!.message)}${more}`,
    { cause: checked.error },
  );
}

function schemaOf(name: ResultName) {
  const experiment = experimentOf(name);
  if (experiment) return experiment.schema;
  throw new ResultError("there is no such kind of result", {
    found: quoted(String(name)),
    expected: EXPERIMENTS.map((one) => one.name).join(", "),
  });
}

/** `["scaling", 2, "activation", 0]` → `scaling[2].activation[0]`. */
function pathText(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((text, key) => {
      if (typeof key === "number") return `${text}[${key}]`;
      return text === "" ? String(key) : `${text}.${String(key)}`;
    }, "") || "its top"
  );
}

/** In our words. */
function sentence(message: string): string {
  return message
    .replace(/^(?:Invalid [a-z]+|Too (?:small|big)): /, "")
    .replace(/\breceived undefined$/, "found nothing")
    .replace(/\breceived (?=\S+$)/, "found ");
}
