import { LEVEL } from "../../analysis/list-tests";
import type { Cell } from "../../text/cell";
import { phrase } from "../../text/phrase";
import type { Finding } from "../finding";
import { COMPARISONS } from "./comparisons";
import type { LinearWeightsResult } from "./result";
import type { SimilarityTest } from "./similarity-evidence";
import { isOfTarget, targetFirst } from "./target-first";

/**
 * The first notebook's findings, one for each similarity of the linear weights, those that mean something
 * for the target first. One that a null gives as well is not said to be found.
 *
 * @example
 * showTable(linearWeightsFindings(await analyzeLinearWeights(head)));
 */
export function linearWeightsFindings(result: LinearWeightsResult): Finding[] {
  const tests = result.similarity_tests.filter(
    ({ head_vector, weights }) => head_vector === "linear_weights" && weights === "processed",
  );
  return targetFirst(result, tests).map((test) => ({
    found: found(test, result),
    how_sure: howSure(test, result),
    against: against(test, result),
    otherwise: otherwise(test, result),
  }));
}

/** From how many of its nulls a similarity stands out. */
function nullsOf(test: SimilarityTest, { tests }: LinearWeightsResult) {
  const claim = `cosine of ${test.head_vector} with ${test.comparison}, ${test.weights} weights`;
  const own = tests.filter((one) => one.claim === claim && one.holm !== null);
  return { own, standing: own.filter(({ holm }) => holm! <= LEVEL).length };
}

function found(test: SimilarityTest, result: LinearWeightsResult): Cell {
  const { label } = COMPARISONS[test.comparison];
  const with_ = phrase`cosine with ${label}`;
  if (test.cosine === null) return phrase`no ${with_}: ${test.reason ?? "it does not exist"}`;
  const { own, standing } = nullsOf(test, result);
  const value = phrase`${with_}: ${test.cosine}`;
  const says =
    own.length === 0
      ? phrase`${value}, not tested`
      : standing === own.length
        ? phrase`${value}, which stands out from every null`
        : standing === 0
          ? phrase`nothing found: ${value}, which chance gives as well`
          : phrase`not surely found: ${value}, which stands out from ${String(standing)} of ${String(own.length)} nulls`;
  return isOfTarget(result, test.comparison)
    ? says
    : phrase`${says} (of hidden neuron ${String(result.target_neuron)}, which is not the target)`;
}

function howSure(test: SimilarityTest, { gradient }: LinearWeightsResult): Cell {
  if (test.cosine === null) return test.reason ?? "";
  const { of_mean } = gradient.cosine_with_linear_weights;
  const layer = phrase`${test.other_neurons} in the layer`;
  if (of_mean === null) return layer;
  return phrase`${layer}; the mean gradient's cosine with the linear weights is ${of_mean}`;
}

function against(test: SimilarityTest, result: LinearWeightsResult): Cell {
  const { own, standing } = nullsOf(test, result);
  if (own.length === 0) return "no test";
  const verdict =
    standing === own.length
      ? "every null"
      : standing === 0
        ? "no null"
        : `${standing} of ${own.length} nulls`;
  const worst = own.reduce((a, b) => (b.holm! > a.holm! ? b : a));
  return phrase`stands out from ${verdict} at ${LEVEL} (Holm over the similarities); hardest: ${worst.null_hypothesis.replace(/_/g, " ")}, ${{ p: worst.holm }}`;
}

function otherwise(test: SimilarityTest, { decompositions }: LinearWeightsResult): Cell {
  const parts = decompositions.find(({ comparison }) => comparison === test.comparison);
  if (!parts || parts.cosine === null) return "";
  if (test.comparison === "basis_vector") return "the size of a single weight";
  return phrase`a few coordinates: without the ten largest contributions ${parts.without_top}`;
}
