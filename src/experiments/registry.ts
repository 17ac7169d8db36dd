import * as all from "./all";
import { type Defined, type Experiment, isExperiment } from "./experiment";

type All = typeof all;

/** The kinds of result, by the first part of their file names. */
export type ResultByName = {
  readonly [K in keyof All as NameOf<All[K]>]: ResultOf<All[K]>;
};

/** "linear_weights_analysis", "activation_patching" and so on. */
export type ResultName = keyof ResultByName;

type NameOf<E> = E extends Defined<Experiment<infer Name, infer _>> ? Name : never;
type ResultOf<E> = E extends Defined<Experiment<infer _, infer Result>> ? Result : never;

/** Every experiment, in the order in which they are read. */
export const EXPERIMENTS = (
  Object.values(all).filter(isExperiment) as readonly Experiment<ResultName>[]
).toSorted((a, b) => a.order - b.order);

/** The experiment of a kind of result; undefined if there is none of that name. */
export function experimentOf(name: string): Experiment<ResultName> | undefined {
  return EXPERIMENTS.find((experiment) => experiment.name === name);
}
