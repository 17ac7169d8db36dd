import type { HeadResult } from "./head-result";
import type { KeyNumber } from "./key-number";
import { shownNumbers } from "./shown-numbers";

const NAME = Symbol.for("tslens.result");

/**
 * Makes a result say of which kind it is, and print in a few lines. Neither is a key of it: its JSON and
 * its equality to others stay as they are.
 */
export function namedResult<R extends HeadResult>(
  name: string,
  keyNumbers: readonly KeyNumber[],
  result: R,
): R {
  return Object.defineProperties(result, {
    [NAME]: { value: name },
    [Symbol.for("nodejs.util.inspect.custom")]: {
      value: () => resultText(name, keyNumbers, result),
    },
  });
}

/** The kind of a result that an analysis gave; undefined for one that was read or copied. */
export function resultName(result: object): string | undefined {
  return (result as { [NAME]?: string })[NAME];
}

function resultText(name: string, keyNumbers: readonly KeyNumber[], result: HeadResult): string {
  const { model_path, head_type, layer_type, target_layer, target_neuron, warnings } = result;
  const about = `${head_type} head in ${model_path}`;
  const target = `${layer_type}, layer ${target_layer}, neuron ${target_neuron}`;
  const numbers = shownNumbers(result as never, keyNumbers);
  return [
    `${name}: ${about} (${target})`,
    ...numbers.map(({ label, value }) => `  ${label}: ${value}`),
    ...warnings.map((warning) => `  Note: ${warning}`),
    `  keys: ${Object.keys(result).join(", ")}`,
  ].join("\n");
}
