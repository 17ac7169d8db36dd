export { benjaminiHochberg } from "./benjamini-hochberg";
export {
  type BootstrapInterval,
  type BootstrapOptions,
  bootstrapInterval,
} from "./bootstrap-interval";
export { cosineSimilarity } from "./cosine-similarity";
export { type CosineTTest, cosineTTest } from "./cosine-t-test";
export { type Histogram, histogram } from "./histogram";
export { holm } from "./holm";
export { l2Norm } from "./l2-norm";
export { type LinearRegression, linearRegression } from "./linear-regression";
export { pearsonCorrelation } from "./pearson-correlation";
export {
  type PermutationOptions,
  type PermutationTest,
  permutationTest,
} from "./permutation-test";
export { type PrincipalComponents, principalComponents } from "./principal-components";
export { quantile } from "./quantile";
export { type RandomBaseline, randomBaseline } from "./random-baseline";
export { type RandomCosinesOptions, randomCosines } from "./random-cosines";
export { type RandomStream, randomStream } from "./random-stream";
export { type VectorStatistics, vectorStatistics } from "./vector-statistics";
export { zScore } from "./z-score";
