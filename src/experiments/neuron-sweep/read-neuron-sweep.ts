import { readJsonFile } from "../../checkpoints/json-file";
import { ResultError } from "../../errors";
import { shown } from "../../model/shown";
import { type NeuronSweepResult, neuronSweepSchema } from "./result";

/** A layer of GPT-2 XL with 100 prompts. */
const LIMITS = { bytes: 500_000_000, containers: 5_000_000 };

/**
 * Reads a sweep's result, to go on with it.
 *
 * @throws {ResultError} when the file cannot be read or holds something else
 */
export function readNeuronSweep(file: string): NeuronSweepResult {
  const json = readJsonFile(file, ResultError, LIMITS);
  const checked = neuronSweepSchema.safeParse(json);
  if (checked.success) return checked.data;
  const [{ path }] = checked.error.issues;
  const value = path.reduce(
    (at: unknown, key) => (at as Record<PropertyKey, unknown>)?.[key],
    json,
  );
  throw new ResultError("this is not a neuron sweep's result", {
    file,
    found: `${path.length === 0 ? "" : `${path.join(".")}: `}${value === undefined ? "nothing" : shown(value)}`,
    expected: "a file that `tslens sweep --out` wrote",
    cause: checked.error,
  });
}
