import { defineExperiment } from "../experiment";
import { weightsCommand } from "./command";
import { linearWeightsFigures } from "./figures";
import { linearWeightsFindings } from "./findings";
import { LINEAR_WEIGHTS_KEY_NUMBERS } from "./key-numbers";
import { linearWeightsSchema } from "./result";

export { type LinearWeightsFigures, linearWeightsFigures } from "./figures";
export { similarityNullsFigure } from "./figures/similarity-nulls";
export { weightContributionsFigure } from "./figures/weight-contributions";
export {
  type WeightDistributionsOptions,
  type WeightVector,
  weightDistributionsFigure,
} from "./figures/weight-distributions";
export {
  type Similarity,
  type WeightSimilarityOptions,
  weightSimilarityComparisonFigure,
} from "./figures/weight-similarity-comparison";
export { type VectorName, weightVectorsPcaFigure } from "./figures/weight-vectors-pca";
export { linearWeightsFindings } from "./findings";
export { analyzeLinearWeights, type LinearWeightsOptions } from "./measure";
export type { LinearWeightsResult } from "./result";
export type { Decomposition, GradientSummary, SimilarityTest } from "./similarity-evidence";
export {
  describeGradient,
  listAgainstRandom,
  listDecompositions,
  listMostSimilar,
  listRandomBaseline,
  listSimilarities,
  listStatistics,
  type SimilarityRow,
} from "./tables";

/** Does a head look where its neuron reads or writes? */
export const linearWeightsExperiment = defineExperiment({
  name: "linear_weights_analysis",
  order: 10,
  title: "A head's linear weights beside the weights of the neuron that it predicts",
  schema: linearWeightsSchema,
  findings: linearWeightsFindings,
  keyNumbers: LINEAR_WEIGHTS_KEY_NUMBERS,
  command: weightsCommand,
  figures: linearWeightsFigures,
});
