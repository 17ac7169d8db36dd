import { formatNumber } from "../../text/format-number";
import type { SimilarityTest } from "./similarity-evidence";

const FILE = "The raw weights are those in the model's file.";

/** What processing does to weights around each kind of norm. */
const PROCESSING = {
  LN: {
    what: `${FILE} Processing multiplies the input weights by the layer norm's scale, coordinate by coordinate, and centres them, which makes them what the neuron reads of the normalised stream, and it centres the output weights, which takes away only what no later layer norm lets through`,
    does: "what the layer norm's scale and the centring do",
  },
  RMS: {
    what: `${FILE} Processing multiplies the input weights by the RMS norm's scale, coordinate by coordinate, which makes them what the neuron reads of the normalised stream. It centres nothing, since an RMS norm takes off no mean, and leaves the output weights as they are`,
    does: "what the RMS norm's scale does",
  },
} as const;

/** Cosines that differ by less than this tell the same story. */
const SAME = 0.02;

/** What the difference between processed and raw weights means, with its size for this head. */
export function processedAndRaw(
  tests: readonly SimilarityTest[],
  norm: keyof typeof PROCESSING,
): string {
  const { what, does } = PROCESSING[norm];
  const differences = (["input", "gate", "output"] as const).flatMap((name) => {
    const cosine = (kind: SimilarityTest["weights"]) =>
      tests.find(
        ({ head_vector, comparison, weights }) =>
          head_vector === "linear_weights" && comparison === name && weights === kind,
      )?.cosine ?? null;
    const [processed, raw] = [cosine("processed"), cosine("raw")];
    return processed === null || raw === null ? [] : [{ name, processed, raw }];
  });
  if (differences.length === 0) {
    return `${what}. There is no hidden neuron, or a vector is all zero, so there is nothing to compare here.`;
  }
  const numbers = differences
    .map(({ name, processed, raw }) => `${name} ${shown(processed)} processed, ${shown(raw)} raw`)
    .join("; ");
  const largest = Math.max(...differences.map(({ processed, raw }) => Math.abs(processed - raw)));
  const verdict =
    largest < SAME
      ? "here it makes hardly any difference"
      : `the head was trained on the processed model, so its similarity with the processed weights is the one to read, and the difference is ${does}`;
  return `${what}. Cosines: ${numbers}: ${verdict}.`;
}

function shown(value: number): string {
  return formatNumber(value, { digits: 3, isPlain: true });
}
