import { readFileSync } from "node:fs";
import { ResultError } from "../errors";
import { type NeuronSweepResult, neuronSweepSchema } from "./neuron-sweep-result";

/**
 * Reads a sweep's result, to go on with it.
 *
 * @throws {ResultError} when the file cannot be read or holds something else
 */
export function readNeuronSweep(file: string): NeuronSweepResult {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ResultError("the sweep's result cannot be read", {
      file,
      found: (cause as Error).message.split("\n")[0],
      cause,
    });
  }
  const checked = neuronSweepSchema.safeParse(json);
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  throw new ResultError("this is not a neuron sweep's result", {
    file,
    found: `${path.join(".") || "its top"}: ${message}`,
    expected: "a file that `tslens sweep --out` wrote",
    cause: checked.error,
  });
}
