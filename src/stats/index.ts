export { benjaminiHochberg } from "./benjamini-hochberg";
export {
  type ClusteredRegression,
  type CoefficientTest,
  clusteredRegression,
} from "./clustered-regression";
export { correlationInterval } from "./correlation-interval";
export {
  type CosineContribution,
  type CosineDecomposition,
  cosineDecomposition,
} from "./cosine-decomposition";
export { cosineSimilarity } from "./cosine-similarity";
export { type CosineTTest, cosineTTest } from "./cosine-t-test";
export { type DrawSummary, drawSummary } from "./draw-summary";
export { effectSize } from "./effect-size";
export { type EmpiricalNull, empiricalNull } from "./empirical-null";
export {
  type GaussianVectorsOptions,
  gaussianVectors,
  type WeightedSums,
} from "./gaussian-vectors";
export { type GroupContributions, groupContributions } from "./group-contributions";
export { type Histogram, histogram } from "./histogram";
export { holm } from "./holm";
export type { Rounding } from "./is-constant";
export type { PointRounding } from "./is-exact-fit";
export {
  type Jackknifed,
  type JackknifeInterval,
  type JackknifeOptions,
  jackknifeInterval,
} from "./jackknife-interval";
export { l2Norm } from "./l2-norm";
export { type FittedLine, type LeaveOneOutLines, leaveOneOutLines } from "./leave-one-out-lines";
export { type LinearRegression, linearRegression } from "./linear-regression";
export { type MeanVector, meanVector } from "./mean-vector";
export { type OneSample, oneSample } from "./one-sample";
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
export { type RankAmong, rankAmong } from "./rank-among";
export { ratioInterval } from "./ratio-interval";
export { shuffledCosines } from "./shuffled-cosines";
export { type SignFlipOptions, type SignFlipTest, signFlipTest } from "./sign-flip-test";
export { studentTPValue } from "./student-t";
export { studentTQuantile } from "./student-t-quantile";
export { type VectorStatistics, vectorStatistics } from "./vector-statistics";
export { zScore } from "./z-score";
