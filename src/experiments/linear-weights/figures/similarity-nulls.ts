import { colourOf } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { type IntervalRow, intervalRows } from "../../../figures/interval-rows";
import { figure, ROOM_FOR_TITLE } from "../../../figures/template";
import type { NullDistribution } from "../../../results/evidence-parts";
import { cellText } from "../../../text/cell";
import { formatNumber } from "../../../text/format-number";
import { COMPARISONS } from "../comparisons";
import type { SimilarityTest } from "../similarity-evidence";
import { nothingToCompare } from "./nothing-to-compare";

/** What every neuron of the layer has one of; the others are of coordinates of the stream. */
const OF_NEURONS: ReadonlySet<SimilarityTest["comparison"]> = new Set(["input", "output", "gate"]);

/**
 * Each similarity (a diamond) beside what every null hypothesis gives: the range of 90% of its cosines
 * and its extremes. A diamond inside a range is nothing that this null would not give.
 *
 * @param tests - the similarities of one of the head's vectors
 * @throws {FigureError} when a number is not finite
 *
 * @example
 * similarityNullsFigure(result.similarity_tests.filter((test) => test.head_vector === "linear_weights"));
 */
export function similarityNullsFigure(
  tests: readonly SimilarityTest[],
  {
    title = "What would chance give?",
    subtitle = "Diamond: cosine with the head's linear weights. Bar: 90% of the cosines under each null; line: all",
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  if (tests.length === 0) return nothingToCompare(title, size);
  const groups = tests.map((test) => {
    const { label, kind } = COMPARISONS[test.comparison];
    const raw = test.weights === "raw" ? ", raw" : "";
    return {
      title: `${label}${raw}: cosine ${formatNumber(test.cosine, 3)}`,
      rows: nullsOf(test, colourOf(kind)),
    };
  });
  const { data, layout, height } = intervalRows(groups, { size, xTitle: "cosine similarity" });
  return figure({
    title,
    subtitle,
    description: `${title} ${tests.map(inWords).join(" ")}`,
    height: height + ROOM_FOR_TITLE,
    size,
    data,
    layout: { ...layout, margin: { ...layout.margin, t: ROOM_FOR_TITLE } },
  });
}

function nullsOf(test: SimilarityTest, colour: string): IntervalRow[] {
  const { cosine, sampled_directions, other_neurons, random_directions } = test;
  const { rank, of } = other_neurons;
  const others = OF_NEURONS.has(test.comparison) ? "neurons" : "coordinates";
  return [
    row("random directions", sampled_directions, pText(random_directions.p_value)),
    row(
      `the layer's other ${others}`,
      other_neurons,
      rank === null ? "no rank" : `${pText(other_neurons.p_value)}, rank ${rank} of ${of}`,
    ),
    row(
      "shuffled coordinates",
      test.shuffled_coordinates,
      pText(test.shuffled_coordinates.p_value),
    ),
    ...(test.comparison === "basis_vector"
      ? []
      : [
          row(
            "the layer's covariance",
            test.layer_covariance,
            pText(test.layer_covariance.p_value),
          ),
        ]),
  ].map((one) => ({ ...one, colour, mark: cosine }));
}

function row(
  label: string,
  { p5, p95, min, max }: Pick<NullDistribution, "p5" | "p95" | "min" | "max">,
  note: string,
): Omit<IntervalRow, "colour"> {
  const has = p5 !== null && p95 !== null && min !== null && max !== null;
  return { label, range: has ? [p5, p95] : null, extremes: has ? [min, max] : null, note };
}

function pText(p: number | null): string {
  return p === null ? "no test" : cellText({ p });
}

function inWords({ comparison, cosine, other_neurons, layer_covariance }: SimilarityTest): string {
  const { rank, of } = other_neurons;
  const place = rank === null ? "" : `, rank ${rank} of ${of} in the layer`;
  const p = layer_covariance.p_value;
  const covariance = p === null ? "" : `, ${cellText({ p })} under the layer's covariance`;
  return `${COMPARISONS[comparison].label}: ${formatNumber(cosine, 3)}${place}${covariance}.`;
}
